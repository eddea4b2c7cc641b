"""Stops on addresses, and the one query where will and stop meet: who may be mailed. Will is in consent.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import to_ms
from subscribers import journal
from subscribers.former import holders, keys_of
from subscribers.models import Subscriber, Subscription, Suppression
from subscribers.wishes import PAUSED, is_paused

Reason = Literal["opt-out", "hard bounce", "complaint", "erasure", "manual", "invalid"]

# What a person said, not what befell an address: it follows them to another one.
THEIR_OWN: frozenset[Reason] = frozenset({"opt-out", "complaint", "erasure"})
# What staff stopped goes along when staff change an address: they may have meant the person.
FOLLOWS: frozenset[str] = THEIR_OWN | {"manual"}


@dataclass(frozen=True)
class Befallen:
    """A stop on an address that is nobody's own word. `wide`: its wide key, for an address that nobody holds."""

    address_key: bytes
    reason: Literal["hard bounce", "invalid"]
    at: datetime
    source: str
    wide: bytes | None


OPTED_OUT = "opted out"
ERASED = "erased"
MERGED = "merged into another subscriber"
PENDING = "pending"
NO_ADDRESS = "no address"


def mailable(list_id: int) -> Select[int]:
    """The ids of those who may be mailed now: confirmed, with an address, not stopped, no pause of their own."""
    return (
        select(Subscription.subscriber_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.list_id == list_id, may_be_mailed(list_id))
    )


def may_be_mailed(list_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Of a row of subscriptions on this list beside its subscriber: the whole of the rule, true or false."""
    stopped = _stops_on(list_id)
    return and_(Subscription.state == "confirmed", Subscriber.email != "", *(~each for each in stopped), ~is_paused())


def why_not(list_id: int) -> Select[int, str]:
    """Everybody else on the list, with the reason in words: together with mailable() exactly the list."""
    return (
        select(Subscription.subscriber_id, reason(list_id).label("reason"))
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.list_id == list_id)
        .where(~may_be_mailed(list_id))
    )


def reason(list_id: int) -> ColumnElement[str]:
    """Why the subscriber of this row may not be mailed: their own will first, then what befell the address."""
    return case(
        (Subscriber.erased_at.is_not(None), ERASED),
        (Subscriber.merged_into.is_not(None), MERGED),
        (or_(Subscription.state == "withdrawn", _stopped(list_id, "opt-out")), OPTED_OUT),
        (_stopped(list_id, "complaint"), "suppressed: complaint"),
        (_stopped(list_id, "erasure"), "suppressed: erasure"),
        (_stopped(list_id, "hard bounce"), "suppressed: hard bounce"),
        (_stopped(list_id, "invalid"), "suppressed: invalid"),
        (_stopped(list_id), "suppressed: manual"),
        (Subscriber.email == "", NO_ADDRESS),
        (and_(Subscription.state == "confirmed", is_paused()), PAUSED),
        else_=PENDING,
    )


def suppress(
    s: Session,
    address_key: bytes,
    reason: Reason,
    *,
    list_id: int | None = None,
    source: str,
    at: datetime | None = None,
    wide: bytes | None = None,
) -> bool:
    """Stop mail to an address, on one list or everywhere. False when this very stop was there already.

    `wide` is its wide key, for an address that nobody holds; who holds it brings their own. What a person said
    holds for all addresses that they have or had: an old mail's link works, and a restore undoes an edit, not that.
    """
    at, new = at or database_now(s), False
    keys = (
        _theirs(s, address_key, wide, holders(s, address_key)) if reason in THEIR_OWN else _both(s, address_key, wide)
    )
    for key in keys:
        if s.scalar(select(_active(key, reason, list_id).exists())):
            continue
        new = True
        s.add(Suppression(address_key=key, list_id=list_id, reason=reason, at=at, source=source))
        journal.note(s, journal.STOPPED, key=key.hex(), list=list_id, reason=reason, at=to_ms(at))
    s.flush()
    return new


def suppress_many(s: Session, stops: Iterable[Befallen]) -> None:
    """As `suppress` everywhere, for thousands of what befell addresses: a few statements for all of them."""
    many = list(stops)
    addresses = [each.address_key for each in many]
    if not addresses:
        return
    held = select(Subscriber.address_key, Subscriber.wide_key).where(Subscriber.address_key.in_(addresses))
    wides = {key: wide for key, wide in s.execute(held) if wide}
    wanted: dict[tuple[bytes, str], Befallen] = {}
    for each in many:
        for key in (each.address_key, each.wide or wides.get(each.address_key)):
            if key:
                wanted.setdefault((key, each.reason), each)
    there = {(key, reason) for key, reason, on in active_among(s, {key for key, _ in wanted}) if on is None}
    new = {what: each for what, each in wanted.items() if what not in there}
    rows = [{"address_key": key, "reason": why, "at": x.at, "source": x.source} for (key, why), x in new.items()]
    if rows:
        s.execute(insert(Suppression), rows)
    for (key, why), x in new.items():
        journal.note(s, journal.STOPPED, key=key.hex(), list=None, reason=why, at=to_ms(x.at))


def lift(
    s: Session,
    address_key: bytes,
    reason: Reason,
    *,
    list_id: int | None,
    at: datetime,
    by: str,
    because: str,
    wide: bytes | None = None,
) -> bool:
    """Let mail through again, to what the holder had before too. Whether that is allowed is the caller's question."""
    lifted = 0
    holder = s.scalar(select(Subscriber).where(Subscriber.address_key == address_key))
    had = keys_of(s, holder.id) if holder else []
    # Whoever has one of these addresses now may have said no for themselves.
    others = s.scalars(select(Subscriber.address_key).where(Subscriber.address_key.in_(had)))
    for key in [*_both(s, address_key, wide), *(set(had) - set(others))]:
        matching = _active(key, reason, list_id).with_only_columns(Suppression.id)
        done = update(Suppression).where(Suppression.id.in_(matching))
        result = s.execute(done.values(lifted_at=at, lifted_by=by, lifted_because=because))
        lifted += getattr(result, "rowcount", 0)
    return bool(lifted)


def stops(
    s: Session, address_key: bytes, list_id: int | None = None, *, wide: bytes | None = None
) -> list[Suppression]:
    """Every active stop on this address; with a list only those that hold there."""
    mine = Suppression.address_key.in_(_both(s, address_key, wide))
    query = select(Suppression).where(mine, Suppression.lifted_at.is_(None))
    if list_id is not None:
        query = query.where(_holds_on(list_id))
    return list(s.scalars(query.order_by(Suppression.id)))


def stopped_keys(s: Session, address_keys: Iterable[bytes], list_id: int) -> dict[bytes, str]:
    """Those of these addresses that are stopped on the list or everywhere, with the reason in words."""
    query = select(Suppression.address_key, Suppression.reason).where(
        Suppression.address_key.in_(list(address_keys)), Suppression.lifted_at.is_(None), _holds_on(list_id)
    )
    found = s.execute(query.order_by(Suppression.reason == "opt-out"))  # the last word is the person's own
    return {row.address_key: OPTED_OUT if row.reason == "opt-out" else f"suppressed: {row.reason}" for row in found}


def active_among(s: Session, address_keys: Iterable[bytes]) -> set[tuple[bytes, str, int | None]]:
    """The stops that hold on these addresses: key, reason, list."""
    columns = (Suppression.address_key, Suppression.reason, Suppression.list_id)
    query = select(*columns).where(Suppression.address_key.in_(list(address_keys)), Suppression.lifted_at.is_(None))
    return {(row.address_key, row.reason, row.list_id) for row in s.execute(query)}


def count_by_reason(s: Session) -> dict[str, int]:
    """How many stops hold, all lists together."""
    held = select(Suppression.reason, func.count()).where(Suppression.lifted_at.is_(None))
    return dict(s.execute(held.group_by(Suppression.reason)).all())


def _stopped(list_id: int, reason: Reason | None = None) -> ColumnElement[bool]:
    return or_(*_stops_on(list_id, reason))


def _stops_on(list_id: int | ColumnElement[int], reason: Reason | None = None) -> list[ColumnElement[bool]]:
    """Under either key. Two questions, not one with OR inside: PostgreSQL answers each by a hash of the stops."""
    held = [Suppression.lifted_at.is_(None), _holds_on(list_id)]
    if reason is not None:
        held.append(Suppression.reason == reason)
    return [
        exists().where(Suppression.address_key == key, *held) for key in (Subscriber.address_key, Subscriber.wide_key)
    ]


def _theirs(s: Session, address_key: bytes, wide: bytes | None, people: Iterable[Subscriber]) -> list[bytes]:
    """The keys of this address and of all that these people have or had."""
    keys = [address_key, wide]
    for person in list(people):
        keys += [person.address_key, person.wide_key, *keys_of(s, person.id)]
    return list(dict.fromkeys(key for key in keys if key))


def _both(s: Session, address_key: bytes, wide: bytes | None) -> list[bytes]:
    """The keys that a stop on this address is kept under: Gmail's other ways to write it are the same mailbox."""
    wide = wide or s.scalar(select(Subscriber.wide_key).where(Subscriber.address_key == address_key))
    return [address_key] if wide is None or wide == address_key else [address_key, wide]


def _holds_on(list_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    return or_(Suppression.list_id.is_(None), Suppression.list_id == list_id)


def _active(address_key: bytes, reason: Reason, list_id: int | None) -> Select[Suppression]:
    where = Suppression.list_id.is_(None) if list_id is None else Suppression.list_id == list_id
    return select(Suppression).where(
        Suppression.address_key == address_key,
        Suppression.reason == reason,
        Suppression.lifted_at.is_(None),
        where,
    )
