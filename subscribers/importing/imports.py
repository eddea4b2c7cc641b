"""The imports that were begun: how far each came, what it counted, and undoing one. Doing one is __init__.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.errors import NotFound, Refused
from subscribers import audit
from subscribers.consent import void
from subscribers.models import Consent, Evidence, Import, List

OUTCOMES = ("new", "updated", "unchanged", "duplicate", "suppressed", "invalid")
PAGE = 500

# How many of these subscribers something was sent to on this list. Whoever knows is above us.
Mailed = Callable[[Session, int, Select[int]], int]


@dataclass(frozen=True)
class Begun:
    """An import that runs: where it is."""

    id: int
    read: int = 0  # rows that are done with
    line: int = 0  # where the last of them begins
    counts: Mapping[str, int] = field(default_factory=dict)
    rejected: str = ""
    rejected_size: int = 0


@dataclass(frozen=True)
class Imported:
    """One import, for people."""

    id: int
    file: str
    list: str
    actor: str
    began: datetime
    ended: datetime | None
    undone: datetime | None
    read: int
    counts: Mapping[str, int]
    digest: str
    settings: Mapping[str, Any]
    rejected: str

    @property
    def state(self) -> str:
        return "undone" if self.undone else "done" if self.ended else "not finished"

    @property
    def left_out(self) -> int:
        return sum(self.counts.get(name, 0) for name in ("duplicate", "suppressed", "invalid"))


def begin(
    s: Session, list_id: int, file: str, digest: str, *, settings: Mapping[str, Any], actor: str, rejected: str
) -> tuple[Begun, bool]:
    """The same file with the same settings goes on where it was cut off; one that ended begins anew (True)."""
    kept = orjson.dumps(settings, option=orjson.OPT_SORT_KEYS).decode()
    same = select(Import).where(Import.list_id == list_id, Import.digest == digest, Import.settings == kept)
    found = s.scalar(same.where(Import.ended_at.is_(None), Import.undone_at.is_(None)).order_by(Import.id))
    if found is not None:
        return _begun(found), False
    begun = Begun(0, rejected=rejected)
    new = Import(list_id=list_id, file=file, digest=digest, settings=kept, actor=actor, began_at=database_now(s))
    new.line, new.counts = 0, _told(begun)
    s.add(new)
    s.flush()
    return replace(begun, id=new.id), True


def go_on(s: Session, before: Begun, after: Begun) -> None:
    """Write down how far it came, in the transaction of the rows themselves. Refused when another did them."""
    row = s.scalars(select(Import).where(Import.id == before.id).with_for_update()).one()
    if row.undone_at is not None or _begun(row) != before:
        raise Refused("This file is being imported by another process at this moment; wait until it is done")
    row.line = after.line
    row.counts = _told(after)
    s.flush()


def end(s: Session, begun: Begun) -> None:
    row = s.get_one(Import, begun.id)
    row.ended_at = database_now(s)
    slug = s.scalars(select(List.slug).where(List.id == row.list_id)).one()
    facts = {"import": row.id, "file": row.file, "read": begun.read, **begun.counts}
    audit.record(s, actor=row.actor, action="subscriber import", about=slug, after=facts)


def list_imports(s: Session) -> list[Imported]:
    """The newest first."""
    return [_imported(row, slug) for row, slug in s.execute(_WITH_LIST.order_by(Import.id.desc()))]


def get_import(s: Session, number: int) -> Imported:
    """Raises NotFound."""
    found = s.execute(_WITH_LIST.where(Import.id == number)).one_or_none()
    if found is None:
        raise NotFound(f"There is no import {number}; see them all with: tipsheet import list")
    return _imported(*found)


def source_of(file: str, digest: str, number: int) -> str:
    """As it stands in the evidence of every consent."""
    return f"{file} sha256:{digest} import {number}"


def undo_import(db: Database, number: int, actor: str, mailed: Mailed) -> int:
    """Make an import's consents void; how many counted until now. People, fields and stops stay.

    Opens its own transactions, one a page. Refused as soon as one of these people was mailed on that list; what is
    void by then stays so, and doing it again goes on.
    """
    with db.write() as s:
        row = _to_undo(s, number, mailed)
        consents = _consents(row)
        list_id = row.list_id
    last = done = 0
    while True:
        with db.write() as s:
            page = s.scalars(consents.where(Consent.id > last).order_by(Consent.id).limit(PAGE)).all()
            if not page:
                _note_undone(s, number, actor, done)
                return done
            _refuse_mailed(s, number, list_id, consents.where(Consent.id.between(page[0], page[-1])), mailed)
            done += void(s, page, how="import undo", source=f"undo of import {number}", actor=actor)
            last = page[-1]


def _to_undo(s: Session, number: int, mailed: Mailed) -> Import:
    row = s.scalars(select(Import).where(Import.id == number).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(f"There is no import {number}; see them all with: tipsheet import list")
    _refuse_mailed(s, number, row.list_id, _consents(row), mailed)
    row.undone_at = row.undone_at or database_now(s)  # from now on it cannot go on
    s.flush()
    return row


def _refuse_mailed(s: Session, number: int, list_id: int, consents: Select[int], mailed: Mailed) -> None:
    if some := mailed(s, list_id, consents.with_only_columns(Consent.subscriber_id)):
        raise Refused(f"{some:,} of the people of import {number} were mailed since; opt them out instead", mailed=some)


def _note_undone(s: Session, number: int, actor: str, done: int) -> None:
    row = get_import(s, number)
    after = {"consents": 0, "file": row.file, "list": row.list}
    audit.record(s, actor=actor, action="import undo", about=str(number), before={"consents": done}, after=after)


def _consents(row: Import) -> Select[int]:
    shared = Evidence.source.startswith(source_of(row.file, row.digest, row.id), autoescape=True)
    return select(Consent.id).where(
        Consent.evidence_id.in_(select(Evidence.id).where(shared)),
        Consent.list_id == row.list_id,
        Consent.state == "confirmed",
    )


def _told(begun: Begun) -> str:
    where = {"rejected": begun.rejected, "size": begun.rejected_size}
    return orjson.dumps({**begun.counts, "read": begun.read, **where}).decode()


def _begun(row: Import) -> Begun:
    told = orjson.loads(row.counts)
    counts = {name: told[name] for name in OUTCOMES if name in told}
    return Begun(row.id, told.get("read", 0), row.line, counts, told.get("rejected", ""), told.get("size", 0))


_WITH_LIST = select(Import, List.slug).join(List, List.id == Import.list_id)


def _imported(row: Import, slug: str) -> Imported:
    begun = _begun(row)
    facts = (row.actor, row.began_at, row.ended_at, row.undone_at, begun.read, begun.counts, row.digest)
    return Imported(row.id, row.file, slug, *facts, orjson.loads(row.settings), begun.rejected)
