"""Under whose law people give their consent to a list."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("lists", sa.Column("law", sa.String, nullable=False, server_default=""))
