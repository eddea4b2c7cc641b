"""Seals over consent rows: each is the hash of the seal before it and of the rows since. Checking is in chain.py."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import orjson
from sqlalchemy import CursorResult, func, select, text
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.time import to_ms
from subscribers import journal
from subscribers.models import Consent, Evidence, Seal

AT_ONCE = 1_000  # rows under one seal, sealed in one transaction: some ten milliseconds
_ROW = 16  # bytes of a row's hash
_MARK = 2  # of those stand in the seal, so that a broken row can be named
_WRITERS = "tipsheet consents"
_SEALERS = "tipsheet seals"

_ROWS = """
    SELECT id, subscriber_id, list_id, purpose, state, at, voids, evidence_id, personal, salt, digest
      FROM consents WHERE id > :after AND id <= :through ORDER BY id LIMIT :most
"""


class Row(NamedTuple):
    """A consent row as it lies in the database: `at` in milliseconds. Read by the million, so never by the ORM."""

    id: int
    subscriber_id: int
    list_id: int
    purpose: str
    state: str
    at: int
    voids: int | None
    evidence_id: int
    personal: str
    salt: bytes | None
    digest: bytes | None


@dataclass(frozen=True)
class Cover:
    """What a seal says of itself; all of it goes into its hash."""

    last_consent: int
    rows: int
    at: int  # milliseconds


def share(s: Session) -> None:
    """To be called before consent rows are inserted, and before other locks where that can be chosen.

    On PostgreSQL a lower id may be committed later. A seal waits for all who share this, so that none comes below it.
    """
    _lock(s, _WRITERS, "_shared")


def seal(db: Database) -> int:
    """Seal all rows that are not yet; how many. A thousand a transaction, so nobody waits long for the write lock."""
    with db.write() as s:
        through = settled(s)
    sealed = 0
    while True:
        with db.write() as s:
            rows = seal_new(s, through)
        if not rows:
            return sealed
        sealed += rows


def settled(s: Session) -> int:
    """The highest id below which no row can appear any more. Keep the transaction short: writers wait for its end."""
    _lock(s, _WRITERS, "")
    return s.scalar(select(func.max(Consent.id))) or 0


def seal_new(s: Session, through: int | None = None) -> int:
    """One more seal, over up to AT_ONCE rows and none beyond `through`; how many rows it covers. 0: none was due."""
    through = settled(s) if through is None else through
    _lock(s, _SEALERS, "")
    before = s.scalar(select(Seal).order_by(Seal.id.desc()).limit(1))
    rows = read_rows(s, before.last_consent if before else 0, through, AT_ONCE)
    if not rows:
        return 0
    at = database_now(s)
    cover = Cover(rows[-1][0], len(rows), to_ms(at))
    number = before.id + 1 if before else 1  # not a sequence's: what was rolled back must not look like a lost seal
    words = sealing(before.hash if before else "", cover, row_hashes(rows, evidence_hashes(s, rows)))
    s.add(Seal(id=number, last_consent=cover.last_consent, rows=cover.rows, hash=words, at=at))
    s.flush()
    journal.note(s, journal.SEALED, seal=number, hash=chain_hash(words), at=cover.at)
    return len(rows)


def read_rows(s: Session, after: int, through: int, most: int) -> Sequence[Row]:
    """As bare tuples in the order of Row."""
    found = cast("CursorResult[Row]", s.execute(text(_ROWS), {"after": after, "through": through, "most": most}))
    # Past SQLAlchemy's own rows, which cost a fifth of the time that checking one takes.
    return cast(Sequence[Row], found.cursor.fetchall()) if found.cursor else []


def evidence_hashes(s: Session, rows: Sequence[Row], known: dict[int, bytes] | None = None) -> dict[int, bytes]:
    """The content hash of each evidence that these rows name; `known`: of the page before, mostly the same."""
    named = {row[7] for row in rows}
    if known and known.keys() >= named:
        return known
    query = select(Evidence.id, Evidence.hash).where(Evidence.id.in_(named))
    return {number: hashed.encode() for number, hashed in s.execute(query)}


def row_hashes(rows: Sequence[Row], evidence: Mapping[int, bytes]) -> list[bytes]:
    """Of each row: everything but what an erasure takes, with hashes in place of the evidence and of that."""
    blake2b, dumps, get = hashlib.blake2b, orjson.dumps, evidence.get
    try:
        return [
            blake2b(dumps(row[:7]) + get(row[7], b"") + (row[10] or b""), digest_size=_ROW).digest() for row in rows
        ]
    except TypeError:  # a value of a kind that nothing of ours writes: SQLite keeps any
        return [blake2b(repr(row).encode(), digest_size=_ROW).digest() for row in rows]


def sealing(before: str, cover: Cover, hashes: Sequence[bytes]) -> str:
    """What a seal keeps: its hash, and behind the dot the first bytes of each row's hash."""
    head = orjson.dumps((chain_hash(before), cover.last_consent, cover.rows, cover.at))
    hashed = hashlib.blake2b(head + b"".join(hashes), digest_size=32).hexdigest()
    return f"{hashed}.{b''.join([each[:_MARK] for each in hashes]).hex()}"


def chain_hash(words: str) -> str:
    """The part that the next seal goes on from and that the journal keeps."""
    return words.partition(".")[0]


def marks(words: str) -> list[str]:
    """The first bytes of the rows' hashes, as the seal keeps them."""
    kept, step = words.partition(".")[2], 2 * _MARK
    return [kept[at : at + step] for at in range(0, len(kept), step)]


def all_seals(s: Session) -> Iterator[Seal]:
    """In order, a few at a time."""
    last = 0
    while some := s.scalars(select(Seal).where(Seal.id > last).order_by(Seal.id).limit(100)).all():
        yield from some
        last = some[-1].id
        for each in some:
            s.expunge(each)


def _lock(s: Session, name: str, how: str) -> None:
    """Until the transaction ends. SQLite has one writer, whose turn has come already."""
    if s.get_bind().dialect.name == "postgresql":
        s.execute(text(f"SELECT pg_advisory_xact_lock{how}(hashtext(:name))"), {"name": name})
