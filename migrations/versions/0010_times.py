"""Recipient-local times, quiet hours and sending spread over a while: when the batches of a run may leave."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("local", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("campaigns", sa.Column("over_seconds", sa.Integer, nullable=True))
    op.add_column("runs", sa.Column("timing", sa.Text, nullable=True))
    op.add_column("batches", sa.Column("zone", sa.String, nullable=True))
    op.create_table(
        "departures",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
        sa.Column("zone", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("clock", sa.String, nullable=False),
    )
