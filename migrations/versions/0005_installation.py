"""Which installation a database is, where it may send from, and who had a mail before a restore."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "earlier_deliveries",
        sa.Column("run", sa.String, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("attempt", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("restored_at", sa.BigInteger),
        sa.Column("sending_off", sa.Text),
        sa.Column("pulled_at", sa.BigInteger),
    )
    op.create_table(
        "places",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String, nullable=False),
    )
