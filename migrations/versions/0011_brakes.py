"""What slows sending or stops it for a while: pace, rests, brakes, a frequency cap; refusals that were tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("per_hour", sa.Integer, nullable=False, server_default="0"))
    for name in ("cap_most", "cap_seconds"):
        op.add_column("runs", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("released_at", sa.BigInteger, nullable=True))
    op.add_column("attempts", sa.Column("people", sa.Integer, nullable=True))
    _paces()
    _rests()
    _tripped()
    _tried_again()


def _paces() -> None:
    op.create_table(
        "paces",
        sa.Column("run_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("per_hour", sa.Integer, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("per_day", sa.Integer, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("day_ends_at", sa.BigInteger, nullable=True),
        sa.Column("remaining", sa.Integer, nullable=False),
    )


def _rests() -> None:
    op.create_table(
        "rests",
        sa.Column("account", sa.String, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("exhausted", sa.Boolean, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )


def _tripped() -> None:
    op.create_table(
        "tripped",
        sa.Column("run_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("accepted_at", sa.BigInteger, nullable=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("known", "bounced", "complained")),
    )


def _tried_again() -> None:
    op.create_table(
        "tried_again",
        sa.Column("run_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("subscriber_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.String, primary_key=True),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("refused_at", "at")),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
    )
    op.create_index("ix_tried_again_batch", "tried_again", ["run_id", "batch"])
