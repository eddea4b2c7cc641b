"""Lists whose mails anybody may read."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id"), primary_key=True, autoincrement=False),
        sa.Column("public_id", sa.String, nullable=False, unique=True),
        sa.Column("published_at", sa.BigInteger),
        sa.Column("published_by", sa.String, nullable=False),
    )
