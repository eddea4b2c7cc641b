"""The tables of alerts: since when, until when, and who was told. Once a cause until it is over, and never a storm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.database import database_now
from campaigns.models import Alert, Telling
from delivery.connect.finding import Finding

CHECK = "check:"  # what was seen from outside; only a new look ends it
CLAIMED_FOR = timedelta(minutes=5)  # a service that died while telling leaves it to the next
QUIET = timedelta(hours=1)  # between tellings of a cause that comes and goes
_FIRST_RETRY, _LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Need:
    """`cause` stays the same while it is the same trouble; neither holds an address."""

    cause: str
    words: str


@dataclass(frozen=True)
class Due:
    cause: str
    channel: str
    words: str
    since: datetime


def differs(s: Session, found: Sequence[Need]) -> bool:
    """Is there anything to write down? Looking takes no lock."""
    before = {row.cause: row.words for row in _open(s)}
    return before != {need.cause: need.words for need in found}


def keep(s: Session, found: Sequence[Need]) -> None:
    """What is found is open from now on, if it was not; what is not found any more is over. Checks are others'."""
    now, before = database_now(s), {row.cause: row for row in _open(s)}
    for need in found:
        _begin(s, need.cause, need.words, now)
    for cause in before.keys() - {need.cause for need in found}:
        if not cause.startswith(CHECK):
            before[cause].over_at = now


def note(s: Session, findings: Iterable[Finding]) -> None:
    """What was seen from outside, by whoever looked: broken begins, anything else ends it. Not looked at stays."""
    now = database_now(s)
    for finding in findings:
        cause = CHECK + finding.check
        if finding.state == "broken":
            _begin(s, cause, f"{finding.check}: {finding.words}", now)
        elif (row := s.get(Alert, cause)) and row.over_at is None:
            row.over_at = now


def end_checks(s: Session) -> None:
    """Mail leaves by another way now, so nobody looks again: what was seen of the old one is over."""
    now = database_now(s)
    for row in _open(s):
        if row.cause.startswith(CHECK):
            row.over_at = now


def open_checks(s: Session) -> list[tuple[str, str]]:
    return [(row.cause, row.words) for row in _open(s) if row.cause.startswith(CHECK)]


def since(s: Session) -> dict[str, datetime]:
    """Since when each open cause is on record."""
    return {row.cause: row.since for row in _open(s)}


def due(s: Session, channels: Sequence[str]) -> list[Due]:
    """Who has to be told of what, the oldest first."""
    now = database_now(s)
    told = {(row.cause, row.channel): row for row in s.scalars(select(Telling))}
    everything = [Due(row.cause, channel, row.words, row.since) for row in _open(s) for channel in channels]
    return [one for one in everything if _is_due(told.get((one.cause, one.channel)), one, now)]


def take(s: Session, one: Due) -> bool:
    """Ours to tell for a while; False where another service has it."""
    now = database_now(s)
    row = s.get(Telling, (one.cause, one.channel), with_for_update=True, populate_existing=True)
    if not _is_due(row, one, now):
        return False
    if row is None:
        try:
            with s.begin_nested():
                s.add(Telling(cause=one.cause, channel=one.channel, next_at=now + CLAIMED_FOR))
        except IntegrityError:
            return False
    else:
        row.next_at = now + CLAIMED_FOR
    return True


def done(s: Session, one: Due) -> None:
    row, now = _telling(s, one), database_now(s)
    is_restless = row.told_at is not None and now - row.told_at < QUIET
    row.since, row.told_at, row.tries = one.since, now, 0
    row.next_at = now + QUIET if is_restless else now


def failed(s: Session, one: Due) -> None:
    row = _telling(s, one)
    row.next_at = database_now(s) + min(_FIRST_RETRY * 2 ** min(row.tries, 10), _LONGEST_RETRY)
    row.tries += 1


def _telling(s: Session, one: Due) -> Telling:
    return s.get_one(Telling, (one.cause, one.channel), with_for_update=True, populate_existing=True)


def _is_due(row: Telling | None, one: Due, now: datetime) -> bool:
    return row is None or (row.since != one.since and row.next_at <= now)


def _begin(s: Session, cause: str, words: str, now: datetime) -> None:
    row = s.get(Alert, cause, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            with s.begin_nested():
                s.add(Alert(cause=cause, words=words, since=now))
        except IntegrityError:
            return  # another service was quicker
    else:
        row.words = words
        if row.over_at is not None:
            row.since, row.over_at = now, None


def _open(s: Session) -> Sequence[Alert]:
    return s.scalars(select(Alert).where(Alert.over_at.is_(None)).order_by(Alert.since, Alert.cause)).all()
