"""Who was turned away by their mailbox for now is found without reading every outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    soft = sa.text("flags & 4096 <> 0")
    op.create_index("ix_outcomes_soft", "outcomes", ["subscriber_id"], sqlite_where=soft, postgresql_where=soft)
