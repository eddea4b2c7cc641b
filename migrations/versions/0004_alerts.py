"""Alerts, who was told of them, and the copies of colleagues."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("cause", sa.String, primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("over_at", sa.BigInteger),
    )
    op.create_table(
        "tellings",
        sa.Column("cause", sa.String, sa.ForeignKey("alerts.cause"), primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("since", sa.BigInteger),
        sa.Column("told_at", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "seed_copies",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
