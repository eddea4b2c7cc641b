"""Reports ask for opens, clicks and what came back, and pass over the news that every mail has."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    told = sa.text("kind NOT IN ('processed', 'delivered')")
    columns = ["run_id", "kind", "at", "subscriber_id"]
    op.create_index("ix_events_told", "events", columns, sqlite_where=told, postgresql_where=told)
