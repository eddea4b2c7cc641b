"""planned → leaving: take one due batch, re-check everybody in it, and name the attempt. All in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    select,
    text,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from base.database import with_now
from delivery import pace
from delivery.ledger.carry import note_leaving, reached_earlier
from delivery.ledger.departures import keeps_quiet
from delivery.ledger.due import next_due
from delivery.ledger.frequency import enough, take_turns
from delivery.ledger.split import MAY_NOT_PART, may_not_part, part
from delivery.mailed import was_left_out
from delivery.models import Batch, Delivery, Run
from subscribers.models import Subscriber, Subscription
from subscribers.suppression import mailable, may_be_mailed, why_not

MOST_BETWEEN = 8  # ids for each person of a batch, up to which a range is quicker than a list
ELSEWHERE = "address changed since the audience was frozen"


class Member(NamedTuple):
    """One person of a claimed batch, as they are now."""

    subscriber_id: int
    email: str
    address_key: bytes
    first_name: str
    last_name: str
    zone: str
    locale: str
    custom: str  # JSON
    may_be_seen: bool  # opening this list's mails


@dataclass(frozen=True)
class Claim:
    run_id: int
    batch: int
    attempt: str
    public_id: str
    list_id: int
    message_id: int
    envelope: str
    members: tuple[Member, ...]
    tracks_opens: bool


_LEAVE = """
UPDATE batches SET state = 'leaving', attempt = :attempt, tries = tries + 1, owner = :owner,
       lease_until = {now} + :lease
WHERE run_id = :run AND number = :batch AND state = 'planned'
"""
_ATTEMPT = """
INSERT INTO attempts (id, run_id, batch, number, account, started_at, lease_until, people,
                      tracks_opens)
VALUES (:attempt, :run, :batch, :number, :account, {now}, {now} + :lease, :people, CAST(:tracks_opens AS BOOLEAN))
"""
_SKIP = """
INSERT INTO exceptions (run_id, subscriber_id, batch, attempt, kind, reason, at)
VALUES (:run, :person, :batch, :attempt, 'skipped', :reason, {now})
"""
_EMPTY = """
UPDATE batches SET state = 'skipped', reason = 'nobody left', owner = NULL, lease_until = NULL
WHERE run_id = :run AND number = :batch AND state = 'leaving' AND attempt = :attempt
"""


def claim(s: Session, *, owner: str, account: str, lease: timedelta, fence: Callable[[str], bool]) -> Claim | None:
    """The next due batch, now ours until the lease ends; None when nothing is due or a brake is on.

    `fence` says whether an address may be mailed at all ([delivery] only_to).
    """
    due = next_due(s, account)
    while due and due.timing and keeps_quiet(s, due):
        due = next_due(s, account)
    room = pace.room(s, due.run_id) if due and due.paced else None
    if due and room:
        due = _fitting(s, due, account, room)
    if due is None:
        return None
    attempt = secrets.token_urlsafe(12)
    facts = {"run": due.run_id, "batch": due.number, "attempt": attempt, "number": due.tries + 1}
    facts |= {"owner": owner, "account": account, "lease": round(lease.total_seconds() * 1000)}
    if s.execute(with_now(s, _LEAVE), facts).rowcount != 1:  # type: ignore[attr-defined]
        return None
    members = _recheck(s, due, attempt, fence)
    # Whoever took it back since the freeze is not seen; then nobody of this request is.
    tracks_opens = bool(due.tracks_opens and members and all(member.may_be_seen for member in members))
    s.execute(with_now(s, _ATTEMPT), {**facts, "people": len(members), "tracks_opens": tracks_opens})
    if room:
        room.take(len(members))
    if members:
        note_leaving(s, due.public_id, attempt, account, members, tracks_opens=tracks_opens)
    else:
        _close_empty(s, facts)
    return Claim(
        run_id=due.run_id,
        batch=due.number,
        attempt=attempt,
        public_id=due.public_id,
        list_id=due.list_id,
        message_id=due.message_id,
        envelope=due.envelope,
        members=members,
        tracks_opens=tracks_opens,
    )


def _fitting(s: Session, due: Row[Any], account: str, room: pace.Room) -> Row[Any] | None:
    """As much of the batch as may leave now; None where nothing of it may."""
    if not room.people or due.size <= room.people:
        return due if room.people else None  # another worker was quicker
    batch = s.get_one(Batch, (due.run_id, due.number), populate_existing=True)
    if may_not_part(s, batch):
        return due if _fits_whole(s, batch, room) else None
    number = part(s, batch, room.people)
    return next_due(s, account, only=(due.run_id, number)) if number else due


def _fits_whole(s: Session, batch: Batch, room: pace.Room) -> bool:
    """What may not part is slowed by the hour's limit afterwards; the day's limit it waits for, or a person."""
    if room.no_day_has(batch.size):
        s.execute(update(Run).where(Run.id == batch.run_id, Run.held.is_(None)).values(held=MAY_NOT_PART))
        return False
    if tomorrow := room.tomorrow_for(batch.size):
        batch.not_before = tomorrow
        s.flush()
    return tomorrow is None


def _recheck(s: Session, due: Row[Any], attempt: str, fence: Callable[[str], bool]) -> tuple[Member, ...]:
    """Everybody in the batch who may be mailed at this moment; the others are written down as skipped, with why."""
    take_turns(s, due)
    place = {"run": due.run_id, "batch": due.number, "first": due.first, "last": due.last, "list": due.list_id}
    rows = s.connection().execute(who_is_in(), place).all()  # past the ORM, which would make each row anew
    inside = _inside(due, [row[0] for row in rows])
    frequent = _who_had_enough(s, due, inside)
    members, left_out = _parted(rows, frequent, due.frozen_at, fence)
    left_out = reached_earlier(s, due.public_id, [member.subscriber_id for member in members]) | left_out
    if left_out:
        members = tuple(member for member in members if member.subscriber_id not in left_out)
        reasons = frequent | dict(s.execute(why_not(due.list_id).where(inside)).all())
        _skip(s, due, attempt, left_out | {k: v for k, v in reasons.items() if k in left_out})
    return members


def _parted(
    rows: Sequence[Row[Any]], frequent: Mapping[int, str], frozen_at: int, fence: Callable[[str], bool]
) -> tuple[tuple[Member, ...], dict[int, str]]:
    """Everybody, and of them those who are left out. By column: mostly nobody is, and it takes half the time."""
    if not rows:
        return (), {}
    *known, addressed, allowed = zip(*rows, strict=True)
    members, left_out = tuple(map(Member._make, zip(*known, strict=True))), dict[int, str]()
    if all(allowed) and not any(addressed) and not frequent and all(fence(email) for email in known[1]):
        return members, left_out
    for member, addressed_at, is_allowed in zip(members, addressed, allowed, strict=True):
        if not is_allowed or member.subscriber_id in frequent:
            left_out[member.subscriber_id] = "no longer there"
        elif addressed_at and addressed_at > frozen_at:
            left_out[member.subscriber_id] = ELSEWHERE
        elif not fence(member.email):
            left_out[member.subscriber_id] = "outside [delivery] only_to"
    return members, left_out


@cache
def who_is_in() -> Select[*tuple[Any, ...]]:
    """Who is in a batch, each as a Member, and whether they may be mailed. As the database keeps them: a thousand
    people are read at each claim, and conversions cost more than the reading."""
    list_id, person = bindparam("list", type_=Integer), Subscriber
    theirs = (person.email, person.address_key, person.first_name, person.last_name)
    more = (person.zone, person.locale, cast(person.custom, Text), Subscription.opens_since.is_not(None))
    addressed_at = type_coerce(person.addressed_at, BigInteger)
    on_list = and_(Subscription.list_id == list_id, Subscription.subscriber_id == Delivery.subscriber_id)
    return (
        select(Delivery.subscriber_id, *theirs, *more, addressed_at, func.coalesce(may_be_mailed(list_id), false()))
        .outerjoin(person, person.id == Delivery.subscriber_id)
        .outerjoin(Subscription, on_list)
        .where(
            Delivery.run_id == bindparam("run"),
            Delivery.subscriber_id.between(bindparam("first"), bindparam("last")),
            Delivery.batch == bindparam("batch"),
            ~was_left_out(),
        )
        .order_by(Delivery.subscriber_id)
    )


def _who_had_enough(s: Session, due: Row[Any], inside: ColumnElement[bool]) -> dict[int, str]:
    had = enough(s, due.list_id, due.run_id, FrequencyConfig(due.cap_most, timedelta(seconds=due.cap_seconds)))
    if not had.can_be:
        return {}
    return dict(s.execute(mailable(due.list_id).where(inside, had.condition).add_columns(had.reason)).all())


def _inside(due: Row[Any], people: Sequence[int]) -> ColumnElement[bool]:
    """Those of the batch, and perhaps others between them. Where times of their own part them, that would be many."""
    if due.last - due.first < MOST_BETWEEN * due.size:
        return Subscriber.id.between(due.first, due.last)
    return Subscriber.id.in_(people)


def _skip(s: Session, due: Row[Any], attempt: str, left_out: dict[int, str]) -> None:
    facts = {"run": due.run_id, "batch": due.number, "attempt": attempt}
    s.execute(with_now(s, _SKIP), [{**facts, "person": who, "reason": why} for who, why in left_out.items()])


def _close_empty(s: Session, facts: dict[str, Any]) -> None:
    s.execute(text(_EMPTY), facts)
    ended = "UPDATE attempts SET verdict = 'returned', evidence = 'nobody left to mail' WHERE id = :attempt"
    s.execute(text(ended), facts)
