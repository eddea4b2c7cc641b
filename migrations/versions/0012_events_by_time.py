"""Events lie by time, and what came of the last pull of the provider's suppressions is on record."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_AT_ONCE = 10_000


def upgrade() -> None:
    op.add_column("installation", sa.Column("swept_at", sa.BigInteger))
    op.add_column("installation", sa.Column("pull_tried_at", sa.BigInteger))
    op.add_column("installation", sa.Column("pull_said", sa.Text))
    op.add_column("installation", sa.Column("pull_trouble", sa.Text))
    _put_seconds_first()


def _put_seconds_first() -> None:
    """A key was a digest of 16 bytes; now it is the second of the event, then the first 12 of them: so a repetition of
    an older event is still known."""
    connection = op.get_bind()
    columns = sa.Column("key", sa.LargeBinary, primary_key=True), sa.Column("at", sa.BigInteger)
    older = op.create_table("older_keys", *columns, prefixes=["TEMPORARY"])
    connection.execute(sa.text("INSERT INTO older_keys SELECT key, at FROM events"))
    change, after = sa.text("UPDATE events SET key = :new WHERE key = :old"), b""
    some = sa.select(older).where(older.c.key > sa.bindparam("after")).order_by(older.c.key).limit(_AT_ONCE)
    while rows := connection.execute(some, {"after": after}).all():
        connection.execute(change, [{"old": key, "new": _with_second(key, at)} for key, at in rows])
        after = rows[-1].key
    op.drop_table("older_keys")


def _with_second(key: bytes, at: int) -> bytes:
    return (at // 1000 & 0xFFFFFFFF).to_bytes(4, "big") + key[:12]
