"""What people agreed to: rows that are only added, and with them the projection of what holds now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import NotFound, Refused
from subscribers.former import holders
from subscribers.lists import check_open
from subscribers.models import Consent, List, Subscriber, Subscription
from subscribers.projection import OPENS, Said, fold_again, record
from subscribers.proof.evidence import (
    NOTHING_PERSONAL,
    Shown,
    confirmed_by,
    evidence_id,
    sealed,
    sealed_text,
    wording_of,
)
from subscribers.proof.seals import share
from subscribers.suppression import Reason, lift, stops, suppress

Given = Literal["pending", "confirmed"]
# What a person's own word lifts. Bounces, complaints and what staff stopped are no question of their will.
_OWN: tuple[Reason, ...] = ("opt-out", "erasure")


@dataclass(frozen=True)
class OptOut:
    changed: bool  # False: everything had been done before
    lists: tuple[str, ...]  # the slugs of the lists that the person leaves now


def give(
    s: Session,
    subscriber: Subscriber,
    list_id: int,
    *,
    state: Given = "confirmed",
    how: str,
    wording: str | Shown,
    source: str,
    actor: str,
    typed: str = "",
    ip: str = "",
    at: datetime | None = None,
) -> bool:
    """Record that a person wants this list; False when that held already. Refused after an opt-out or stop.

    A confirmation is never turned back into a question: pending after confirmed changes nothing. `typed` is the
    address as the person wrote it, `ip` the network address it came from.
    """
    share(s)
    check_open(found := s.get_one(List, list_id))
    _lock(s, subscriber.address_key)
    if stop := next(iter(stops(s, subscriber.address_key, list_id, wide=subscriber.wide_key)), None):
        raise Refused(_why_stopped(subscriber.email, stop.reason), reason=stop.reason)
    held = s.get(Subscription, (list_id, subscriber.id), populate_existing=True)
    if held and held.state == "withdrawn":
        raise Refused(_why_stopped(subscriber.email, "opt-out"), reason="opt-out")
    if held and (held.state == state or held.state == "confirmed"):
        return False
    shared = evidence_id(s, how=how, wording=wording, source=source, actor=actor, jurisdiction=found.law)
    personal = sealed({"address": typed or subscriber.email} | ({"ip": ip} if ip else {}))
    record(s, subscriber.id, list_id, state, Said(shared, at or database_now(s), personal))
    return True


def confirm_sign_up(
    s: Session,
    subscriber: Subscriber,
    list_id: int,
    *,
    asked_at: datetime,
    evidence_id: int,
    personal: str,
    confirm_source: str,
    actor: str,
    opens: bool,
) -> None:
    """Record that a person asked for this list, by that evidence, and has now confirmed it; with `opens` also that
    opening its mails is seen. This is the new consent that lifts their own earlier opt-out or erasure."""
    at = database_now(s)
    share(s)
    check_open(s.get_one(List, list_id))
    _lock(s, subscriber.address_key)
    for reason in _OWN:
        _lift(s, subscriber.address_key, reason, list_id, [list_id], confirm_source, actor, at)
    confirmed = confirmed_by(s, evidence_id, source=confirm_source, actor=actor)
    record(s, subscriber.id, list_id, "pending", Said(evidence_id, asked_at, sealed_text(personal)))
    record(s, subscriber.id, list_id, "confirmed", Said(confirmed, at, sealed_text(personal)))
    if opens:
        record(s, subscriber.id, list_id, "confirmed", Said(confirmed, at, sealed_text(personal)), OPENS)


def allow_opens(
    s: Session,
    subscriber: Subscriber,
    list_id: int,
    *,
    allowed: bool,
    how: str,
    wording: str | Shown,
    source: str,
    actor: str,
) -> bool:
    """Record whether it may be seen that a person opens this list's mails; False when that held already."""
    share(s)
    _lock(s, subscriber.address_key)
    held = s.get(Subscription, (list_id, subscriber.id), populate_existing=True)
    on_list = held is not None and held.state != "withdrawn"
    if allowed and not on_list:
        raise Refused(f"{subscriber.email} is not on this list, so there is nothing to see; they have to join it first")
    if held is None or allowed == (held.opens_since is not None):
        return False
    law = s.get_one(List, list_id).law
    shared = evidence_id(s, how=how, wording=wording, source=source, actor=actor, jurisdiction=law)
    evidence = Said(shared, database_now(s), sealed({"address": subscriber.email}))
    record(s, subscriber.id, list_id, "confirmed" if allowed else "withdrawn", evidence, OPENS)
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
    wide: bytes | None = None,
) -> OptOut:
    """Withdraw from one list, or with None from all: for who holds the address now, who had it and who will hold it.

    `wide` is the address's wide key, where the caller has the address at hand.
    """
    at = at or database_now(s)
    share(s)
    people = holders(s, address_key, lock=True)
    # The stop needs no subscriber: it also holds for one who is being added at this moment.
    changed = suppress(s, address_key, "opt-out", list_id=list_id, source=source, at=at, wide=wide)
    left = [each for person in people for each in _to_leave(s, person.id, list_id)]
    shared = evidence_id(s, how=how, wording="", source=source, actor=actor)
    for subscription, _slug in left:
        record(s, subscription.subscriber_id, subscription.list_id, "withdrawn", Said(shared, at))
    return OptOut(changed or bool(left), tuple(slug for _, slug in left))


def undo(
    s: Session,
    *,
    address_key: bytes,
    list_id: int | None,
    how: str,
    wording: str | Shown,
    source: str,
    actor: str,
    at: datetime | None = None,
) -> OptOut:
    """The person explicitly wants the list again (None: those that one opt-out of everything took away).

    Lifts opt-outs only: a hard bounce or a complaint stays a stop. `lists` are those the person is back on.
    """
    at = at or database_now(s)
    share(s)
    holder = next(iter(holders(s, address_key, lock=True)), None)
    if holder is None:
        raise NotFound("Nobody with this address is known any more; sign up again instead")
    back = _left_at_once(s, holder) if list_id is None else [list_id]
    changed = _lift(s, holder.address_key, "opt-out", list_id, back, source, actor, at)
    for each in back:
        held = s.get(Subscription, (each, holder.id), populate_existing=True)
        if held is None or held.state != "confirmed":
            shared = evidence_id(s, how=how, wording=wording, source=source, actor=actor)
            record(s, holder.id, each, "confirmed", Said(shared, at, sealed({"address": holder.email})))
            changed = True
    slugs = s.scalars(select(List.slug).where(List.id.in_(back)).order_by(List.slug))
    return OptOut(changed, tuple(slugs))


def carry(
    s: Session,
    subscriber_id: int,
    list_id: int,
    state: Literal["confirmed", "withdrawn"],
    *,
    how: str,
    source: str,
    actor: str,
    typed: str = "",
    like: int | None = None,
) -> None:
    """Record what staff's change of a person, who is locked, makes of their will: an edit, a move, a merge, an erasure.

    Whether stops allow it is the caller's question. `like` is the consent row that goes on, with its wording and law.
    """
    share(s)
    shown, law = wording_of(s, like) if like else (Shown(""), "")
    shared = evidence_id(s, how=how, wording=shown, source=source, actor=actor, jurisdiction=law)
    personal = sealed({"address": typed}) if typed else NOTHING_PERSONAL
    record(s, subscriber_id, list_id, state, Said(shared, database_now(s), personal))


def void(s: Session, consent_ids: Collection[int], *, how: str, source: str, actor: str) -> int:
    """Record that these rows never counted, as when an import is undone. Returns how many did until now.

    A thousand or so at a time. A withdrawal always counts: Refused.
    """
    share(s)
    chosen = (Consent.id, Consent.subscriber_id, Consent.list_id, Consent.purpose, Consent.state)
    rows = s.execute(select(*chosen).where(Consent.id.in_(consent_ids)).order_by(Consent.id)).all()
    if wrong := next((row for row in rows if row.state not in ("pending", "confirmed")), None):
        raise Refused(f"Consent row {wrong.id} is no consent ({wrong.state}) and cannot be made void", row=wrong.id)
    people = {row.subscriber_id for row in rows}
    s.execute(select(Subscriber.id).where(Subscriber.id.in_(people)).order_by(Subscriber.id).with_for_update()).all()
    done = set(s.scalars(select(Consent.voids).where(Consent.subscriber_id.in_(people), Consent.state == "void")))
    counting = [row for row in rows if row.id not in done]
    if counting:
        same = {"state": "void", "at": database_now(s)}
        same["evidence_id"] = evidence_id(s, how=how, wording="", source=source, actor=actor)
        of = ("subscriber_id", "list_id", "purpose")
        s.execute(insert(Consent), [{**same, **{k: getattr(r, k) for k in of}, "voids": r.id} for r in counting])
        fold_again(s, {(row.list_id, row.subscriber_id) for row in counting})
    return len(counting)


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


def _lift(
    s: Session,
    address_key: bytes,
    reason: Reason,
    list_id: int | None,
    back: list[int],
    source: str,
    actor: str,
    at: datetime,
) -> bool:

    def lifted_on(where: int | None) -> bool:
        return lift(s, address_key, reason, list_id=where, at=at, by=actor, because=source)

    lifted = [lifted_on(each) for each in back]
    everywhere = lifted_on(None)
    if everywhere and list_id is not None:
        # Wanting one list again is no consent to the others: there the stop stays.
        for other in s.scalars(select(List.id).where(List.id != list_id)).all():
            suppress(s, address_key, reason, list_id=other, source=source, at=at)
    return everywhere or any(lifted)


def _why_stopped(email: str, reason: str) -> str:
    if reason == "opt-out":
        return f"{email} opted out; only they themselves can come back, by the page behind a mail's unsubscribe link"
    return f"{email} is stopped by a suppression ({reason}) and is not added"
