"""Warm-ups: on how many days a sender has sent, and how many people each of its days may bring."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "warm_ups",
        sa.Column("sender", sa.String, primary_key=True),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("caps", sa.Text, nullable=False),
        sa.Column("running", sa.Boolean, nullable=False),
    )
