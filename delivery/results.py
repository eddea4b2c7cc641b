"""What became of a run, for reports: who opened and clicked when, what links led to, why mails came back.

The queries name what ix_events_told is made of, so that they pass over the news that every mail has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from base.time import to_ms
from delivery.clicks import HUMAN
from delivery.models import TOLD, Batch, DeliveryException, Event, Outcome
from delivery.outcomes import Flag, fate

OPENED, CLICKED = "opened", HUMAN
HOUR = timedelta(hours=1)
_HOUR_MS = 3_600_000
_CAME_BACK = ("bounced", "blocked", "dropped")


@dataclass(frozen=True)
class Reactions:
    """People of a run. Who opened or clicked themselves is not among the machines', whatever fetched it besides."""

    opened: int  # of the seen, as those by machines: a mail that bounced later is in neither
    opened_by_machine: int
    clicked: int
    clicked_by_bot: int
    turned_away: int  # of the blocked: their mailbox did it, for now
    seen: int  # of the delivered: their mail left with open tracking, as they had agreed


def reactions(s: Session, run_id: int) -> Reactions:
    found = Counter[str]()
    by_flags = select(Outcome.flags, func.count()).where(Outcome.run_id == run_id).group_by(Outcome.flags)
    for flags, people in s.execute(by_flags):
        for word in _reacted(Flag(flags)):
            found[word] += people
    return Reactions(**{name: found[name] for name in Reactions.__dataclass_fields__})


def _reacted(flags: Flag) -> Iterator[str]:
    if flags & Flag.TRACKED and fate(flags) == "delivered":
        yield "seen"
        if flags & Flag.OPENED:
            yield "opened"
        elif flags & Flag.OPENED_BY_MACHINE:
            yield "opened_by_machine"
    if flags & Flag.CLICKED:
        yield "clicked"
    elif flags & Flag.CLICKED_BY_BOT:
        yield "clicked_by_bot"
    if flags & Flag.SOFT and fate(flags) == "blocked":
        yield "turned_away"


def first_times(s: Session, run_id: int, kind: str, begins: datetime, hours: int) -> list[int]:
    """How many people did it for the first time, hour by hour. What a wrong clock puts before counts as the first."""
    seen: set[int | None] = set()
    people = [0] * hours
    at = type_coerce(Event.at, BigInteger)  # hundreds of thousands: whole numbers are quicker than instants
    mine = _told(at, Event.subscriber_id, run_id=run_id, kinds=(kind,)).where(Event.at < begins + hours * HOUR)
    start = to_ms(begins)
    for ms, person in s.execute(mine.order_by(Event.at).execution_options(yield_per=10_000)):
        if person not in seen:
            seen.add(person)
            people[max((ms - start) // _HOUR_MS, 0)] += 1
    return people


def clicks(s: Session, run_id: int) -> dict[str, list[int]]:
    """By what was clicked on: who did, once for each click. No bots."""
    found: dict[str, list[int]] = defaultdict(list)
    for url, person in s.execute(_told(Event.detail, Event.subscriber_id, run_id=run_id, kinds=(CLICKED,))):
        found[url].append(person)
    return found


def came_back(s: Session, run_id: int) -> dict[tuple[str, str], set[int]]:
    """By kind of event and what the other side said, as it said it: whose mail it was."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    columns = Event.kind, Event.detail, Event.subscriber_id
    for kind, words, person in s.execute(_told(*columns, run_id=run_id, kinds=_CAME_BACK)):
        found[kind, words].add(person)
    return found


def left_out(s: Session, run_id: int, kind: str) -> dict[str, int]:
    """How many were skipped, or refused, by reason."""
    x = DeliveryException
    mine = select(x.reason, func.count()).where(x.run_id == run_id, x.kind == kind).group_by(x.reason)
    found = Counter[str](dict(s.execute(mine).all()))
    if kind == "skipped":
        found.update(_whole_batches(s, run_id))
    return dict(found.most_common())


def _whole_batches(s: Session, run_id: int) -> Counter[str]:
    """Without those who were left out before their batch was."""
    x = DeliveryException
    before = select(func.count()).where(x.run_id == Batch.run_id, x.batch == Batch.number).scalar_subquery()
    skipped = select(Batch.reason, Batch.size - before).where(Batch.run_id == run_id, Batch.state == "skipped")
    found = Counter[str]()
    for reason, people in s.execute(skipped):
        found[reason or "nobody was left to mail"] += people
    return +found


def _told(
    *columns: InstrumentedAttribute[Any] | ColumnElement[Any], run_id: int, kinds: tuple[str, ...]
) -> Select[Any]:
    return select(*columns).where(Event.run_id == run_id, Event.kind.in_(kinds), TOLD)
