"""The keys of addresses that somebody had before: links in mails to them still lead to the person."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "former_addresses",
        sa.Column("address_key", sa.LargeBinary, primary_key=True),
        sa.Column("subscriber_id", sa.Integer, sa.ForeignKey("subscribers.id"), primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_former_addresses_subscriber_id", "former_addresses", ["subscriber_id"])
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index(
        "ix_subscribers_merged_into", "subscribers", ["merged_into"], sqlite_where=merged, postgresql_where=merged
    )
