"""Which batches are made only of people who agreed that opening is seen, and which attempts left so."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    for table in ("batches", "attempts"):
        op.add_column(table, sa.Column("tracks_opens", sa.Boolean, nullable=False, server_default=sa.false()))
    agreed = sa.text("opens_since IS NOT NULL")
    columns = ["list_id", "subscriber_id"]
    op.create_index("ix_subscriptions_opens", "subscriptions", columns, sqlite_where=agreed, postgresql_where=agreed)
