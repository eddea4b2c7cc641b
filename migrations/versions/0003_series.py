"""Series and their occurrences."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String, nullable=False, unique=True),
        sa.Column("list_id", sa.Integer, sa.ForeignKey("lists.id"), nullable=False),
        sa.Column("segment_id", sa.Integer, sa.ForeignKey("segments.id")),
        *(sa.Column(name, sa.String, nullable=False) for name in ("template", "subject", "words", "zone")),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("days_ahead", sa.Integer, nullable=False),
        sa.Column("approval", sa.String, nullable=False),
        sa.Column("offer", sa.String, nullable=False),
        sa.Column("seen_through", sa.Date, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.String, nullable=False),
    )
    op.create_table(
        "occurrences",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("series_id", sa.Integer, sa.ForeignKey("series.id"), nullable=False),
        sa.Column("local_date", sa.Date, nullable=False),
        sa.Column("campaign", sa.String),
        sa.Column("missed_at", sa.BigInteger),
        sa.Column("skipped_at", sa.BigInteger),
        sa.Column("skipped_by", sa.String),
        sa.Column("trouble", sa.Text),
        sa.Column("told", sa.Integer),
        sa.UniqueConstraint("series_id", "local_date"),
    )
