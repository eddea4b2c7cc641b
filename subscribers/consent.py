"""What people agreed to: rows that are only added, and with them the projection of what holds now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import NotFound, Refused
from subscribers.evidence import NOTHING_PERSONAL, Personal, evidence_id, sealed
from subscribers.models import Consent, List, Subscriber, Subscription
from subscribers.suppression import lift, stops, suppress

Given = Literal["pending", "confirmed"]


@dataclass(frozen=True)
class OptOut:
    changed: bool  # False: everything had been done before
    lists: tuple[str, ...]  # the slugs of the lists that the person leaves now


@dataclass(frozen=True)
class _Evidence:
    id: int
    at: datetime
    personal: Personal = NOTHING_PERSONAL


def give(
    s: Session,
    subscriber: Subscriber,
    list_id: int,
    *,
    state: Given = "confirmed",
    how: str,
    wording: str,
    source: str,
    actor: str,
    jurisdiction: str = "",
    typed: str = "",
    at: datetime | None = None,
) -> bool:
    """Record that a person wants this list; False when that held already. Refused after an opt-out or stop.

    A confirmation is never turned back into a question: pending after confirmed changes nothing. `typed` is the
    address as the person wrote it.
    """
    _lock(s, subscriber.address_key)
    if stop := next(iter(stops(s, subscriber.address_key, list_id, wide=subscriber.wide_key)), None):
        raise Refused(_why_stopped(subscriber.email, stop.reason), reason=stop.reason)
    held = s.get(Subscription, (list_id, subscriber.id), populate_existing=True)
    if held and held.state == "withdrawn":
        raise Refused(_why_stopped(subscriber.email, "opt-out"), reason="opt-out")
    if held and (held.state == state or held.state == "confirmed"):
        return False
    shared = evidence_id(s, how=how, wording=wording, source=source, actor=actor, jurisdiction=jurisdiction)
    personal = sealed({"address": typed or subscriber.email})
    _record(s, subscriber.id, list_id, state, _Evidence(shared, at or database_now(s), personal))
    return True


def opt_out(
    s: Session,
    *,
    address_key: bytes,
    list_id: int | None,
    how: str,
    source: str,
    actor: str,
    at: datetime | None = None,
) -> OptOut:
    """Withdraw from one list, or with None from all: for who holds the address now and who will hold it."""
    at = at or database_now(s)
    holder = _lock(s, address_key)
    # The stop needs no subscriber: it also holds for one who is being added at this moment.
    changed = suppress(s, address_key, "opt-out", list_id=list_id, source=source, at=at)
    left = _to_leave(s, holder.id, list_id) if holder else []
    shared = evidence_id(s, how=how, wording="", source=source, actor=actor)
    for subscription, _slug in left:
        _record(s, subscription.subscriber_id, subscription.list_id, "withdrawn", _Evidence(shared, at))
    return OptOut(changed or bool(left), tuple(slug for _, slug in left))


def undo(
    s: Session,
    *,
    address_key: bytes,
    list_id: int | None,
    how: str,
    wording: str,
    source: str,
    actor: str,
    at: datetime | None = None,
) -> OptOut:
    """The person explicitly wants the list again (None: those that one opt-out of everything took away).

    Lifts opt-outs only: a hard bounce or a complaint stays a stop. `lists` are those the person is back on.
    """
    at = at or database_now(s)
    holder = _lock(s, address_key)
    if holder is None:
        raise NotFound("Nobody with this address is known any more; sign up again instead")
    back = _left_at_once(s, holder) if list_id is None else [list_id]
    changed = _lift_opt_outs(s, address_key, list_id, back, source, actor, at)
    for each in back:
        held = s.get(Subscription, (each, holder.id), populate_existing=True)
        if held is None or held.state != "confirmed":
            shared = evidence_id(s, how=how, wording=wording, source=source, actor=actor)
            _record(s, holder.id, each, "confirmed", _Evidence(shared, at, sealed({"address": holder.email})))
            changed = True
    slugs = s.scalars(select(List.slug).where(List.id.in_(back)).order_by(List.slug))
    return OptOut(changed, tuple(slugs))


def _lock(s: Session, address_key: bytes) -> Subscriber | None:
    """Changes of one person's will come one after the other. SQLite ignores FOR UPDATE: it has one writer."""
    return s.scalar(select(Subscriber).where(Subscriber.address_key == address_key).with_for_update())


def _to_leave(s: Session, subscriber_id: int, list_id: int | None) -> list[tuple[Subscription, str]]:
    query = (
        select(Subscription, List.slug)
        .join(List, List.id == Subscription.list_id)
        .where(Subscription.subscriber_id == subscriber_id, Subscription.state != "withdrawn")
        .order_by(List.slug)
        .execution_options(populate_existing=True)
    )
    if list_id is not None:
        query = query.where(Subscription.list_id == list_id)
    return [(subscription, slug) for subscription, slug in s.execute(query)]


def _left_at_once(s: Session, holder: Subscriber) -> list[int]:
    """The lists that the person left by opting out of everything: withdrawn at the moment of that stop."""
    moments = {x.at for x in stops(s, holder.address_key) if x.list_id is None and x.reason == "opt-out"}
    query = select(Subscription.list_id, Subscription.since).where(
        Subscription.subscriber_id == holder.id, Subscription.state == "withdrawn"
    )
    return [list_id for list_id, since in s.execute(query) if since in moments]


def _lift_opt_outs(
    s: Session, address_key: bytes, list_id: int | None, back: list[int], source: str, actor: str, at: datetime
) -> bool:

    def lifted_on(where: int | None) -> bool:
        return lift(s, address_key, "opt-out", list_id=where, at=at, by=actor, because=source)

    lifted = [lifted_on(each) for each in back]
    everywhere = lifted_on(None)
    if everywhere and list_id is not None:
        # Wanting one list again is no consent to the others: there the stop stays.
        for other in s.scalars(select(List.id).where(List.id != list_id)).all():
            suppress(s, address_key, "opt-out", list_id=other, source=source, at=at)
    return everywhere or any(lifted)


def _record(s: Session, subscriber_id: int, list_id: int, state: str, evidence: _Evidence) -> None:
    row = Consent(subscriber_id=subscriber_id, list_id=list_id, state=state, at=evidence.at, evidence_id=evidence.id)
    row.personal, row.salt, row.digest = evidence.personal
    s.add(row)
    s.flush()
    held = s.get(Subscription, (list_id, subscriber_id))
    if held is None:
        held = Subscription(list_id=list_id, subscriber_id=subscriber_id)
        s.add(held)
    held.state, held.since, held.consent_id = state, row.at, row.id
    s.flush()


def _why_stopped(email: str, reason: str) -> str:
    if reason == "opt-out":
        return f"{email} opted out; only they themselves can come back, by the page behind a mail's unsubscribe link"
    return f"{email} is stopped by a suppression ({reason}) and is not added"
