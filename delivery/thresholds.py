"""The brake of bounces and complaints: a run that draws too many is held, until a person lets it go on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select, update
from sqlalchemy.orm import Session

from base.config import BrakesConfig
from base.database import Database, database_now
from delivery.brake_models import Tripped
from delivery.models import Batch, Outcome, Run
from delivery.outcomes import FATES, Flag

log = logging.getLogger(__name__)

# A mail that is deferred may still bounce: there is no news of it yet.
_NEWS = sum(mask for fate, mask in FATES.items() if fate != "deferred")


@dataclass(frozen=True)
class Tally:
    """Of how many of a run there is news, and what of it is bad."""

    known: int
    bounced: int
    complained: int


def hold_what_is_bad(db: Database, limits: BrakesConfig) -> int:
    """One tick. Returns how many runs it held."""
    with db.read() as s:
        bad = list(_bad(s, limits))
    for run_id, words in bad:
        with db.write() as s:
            _trip(s, run_id, words)
            log.error("run=%s is held: %s", run_id, words)
    return len(bad)


def accept(s: Session, run_id: int) -> None:
    """A person lets the run go on: what is known by now holds it no more, only what comes on top."""
    row = s.get(Tripped, run_id)
    if row is not None and row.accepted_at is None:
        seen = _tally(s, run_id)
        row.accepted_at = database_now(s)
        row.known, row.bounced, row.complained = seen.known, seen.bounced, seen.complained
        s.flush()


def _bad(s: Session, limits: BrakesConfig) -> Iterator[tuple[int, str]]:
    for run_id in s.scalars(_sending()):
        if words := _too_many(_since_accepted(s, run_id), limits):
            yield run_id, words


def _sending() -> Select[int]:
    """Where nothing is left to be sent there is nothing to hold."""
    left = select(Batch.number).where(Batch.run_id == Run.id, Batch.state == "planned").exists()
    return select(Run.id).where(Run.frozen_at.is_not(None), Run.held.is_(None), left).order_by(Run.id)


def _since_accepted(s: Session, run_id: int) -> Tally:
    found, seen = _tally(s, run_id), s.get(Tripped, run_id)
    if seen is None:
        return found
    return Tally(found.known - seen.known, found.bounced - seen.bounced, found.complained - seen.complained)


def _tally(s: Session, run_id: int) -> Tally:
    known, bounced, complained = (
        func.coalesce(func.sum(case((Outcome.flags.bitwise_and(int(mask)) != 0, 1), else_=0)), 0)
        for mask in (_NEWS, Flag.BOUNCED, Flag.COMPLAINED)
    )
    row = s.execute(select(known, bounced, complained).where(Outcome.run_id == run_id)).one()
    return Tally(*(int(n) for n in row))


def _too_many(tally: Tally, limits: BrakesConfig) -> str:
    """Empty where it is not."""
    if tally.known < limits.after:
        return ""
    for name, many, most, what, cause in (
        ("bounces", tally.bounced, limits.bounces, "bounced for good", "look where their addresses come from"),
        (
            "complaints",
            tally.complained,
            limits.complaints,
            "complained",
            "look what they were promised and what they got",
        ),
    ):
        if many > most * tally.known:
            share = f"{many / tally.known:.1%}".replace("%", " %")
            return f"{share} of {tally.known:,} {what}, more than [brakes] {name} allows; {cause}"
    return ""


def _trip(s: Session, run_id: int, words: str) -> None:
    held = update(Run).where(Run.id == run_id, Run.held.is_(None)).values(held=words)
    if not s.execute(held).rowcount:  # type: ignore[attr-defined]
        return  # another service was quicker, or the provider refused the run meanwhile
    row = s.get(Tripped, run_id) or Tripped(run_id=run_id, known=0, bounced=0, complained=0)
    row.at, row.accepted_at = database_now(s), None
    s.add(row)
    s.flush()
