"""Forgetting a person here as well: the words of mail servers about them, and the whole erasure in one call."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Update, func, or_, select, text, update
from sqlalchemy.orm import Session

from delivery.arrays import as_value, ids_in
from delivery.brake_models import TriedAgain
from delivery.models import Attempt, Delivery, DeliveryException, Event, Run, SeedCopy, Spooled
from subscribers.changes import erasing
from subscribers.changes.erasing import Receipt
from subscribers.keys import Keys
from subscribers.models import Subscriber

_GONE = "(erased)"


def erase(s: Session, keys: Keys, person: Subscriber, *, actor: str, because: str) -> Receipt:
    """Everything: what subscribers/changes/erasing.py says, and what delivery's tables tell of them. Raises Refused."""
    email = person.email
    ids = [person.id, *s.scalars(select(Subscriber.id).where(Subscriber.merged_into == person.id))]
    receipt = erasing.erase(s, keys, person, actor=actor, because=because)
    words = _events(s, ids, email) + _refusals(s, ids) + _answers(s, ids, email) + _copies(s, email)
    waiting = s.scalar(select(func.count()).select_from(Spooled)) or 0
    later = (f"{waiting:,} bodies of events that were not applied yet: they go within seconds, set aside ones by hand",)
    return replace(
        receipt,
        removed=(*receipt.removed, f"the words of mail servers in {words:,} events and answers"),
        not_reached=(*receipt.not_reached, *(later if waiting else ())),
    )


def erased_among(s: Session, ids: Collection[int]) -> set[int]:
    """Of whom nothing is to be written down any more."""
    if not ids:
        return set()
    query = f"SELECT id FROM subscribers WHERE erased_at IS NOT NULL AND id IN ({ids_in(s, 'ids')})"  # noqa: S608  names of ours
    return set(s.scalars(text(query), {"ids": as_value(set(ids))}))


def _events(s: Session, ids: Sequence[int], email: str) -> int:
    """Those about them, by run as the index has them; and those without ids that name the address."""
    runs = or_(Event.run_id.in_(select(Run.id)), Event.run_id.is_(None))
    mine = update(Event).where(runs, Event.subscriber_id.in_(ids), Event.detail != "")
    named = Event.run_id.is_(None), func.lower(Event.detail).contains(email.lower(), autoescape=True)
    return _count(s, mine.values(detail="")) + _count(s, update(Event).where(*named).values(detail=""))


def _refusals(s: Session, ids: Sequence[int]) -> int:
    refused = DeliveryException.run_id.in_(select(Run.id)), DeliveryException.subscriber_id.in_(ids)
    told = update(DeliveryException).where(*refused, DeliveryException.kind == "refused")
    again = TriedAgain.run_id.in_(select(Run.id)), TriedAgain.subscriber_id.in_(ids)
    return _count(s, told.values(reason=_GONE)) + _count(s, update(TriedAgain).where(*again).values(reason=_GONE))


def _answers(s: Session, ids: Sequence[int], email: str) -> int:
    """What the provider said to requests that they were in, or to a whole run, where it names the address."""
    now = (Delivery.run_id == Attempt.run_id) & (Delivery.batch == Attempt.batch) & Delivery.subscriber_id.in_(ids)
    before_that = select(TriedAgain.attempt).where(
        TriedAgain.run_id.in_(select(Run.id)), TriedAgain.subscriber_id.in_(ids)
    )
    theirs = [
        select(Attempt).join(Delivery, now).where(Delivery.run_id.in_(select(Run.id))),
        select(Attempt).where(Attempt.id.in_(before_that)),
    ]
    changed = 0
    for attempt in [one for query in theirs for one in s.scalars(query.where(Attempt.evidence.is_not(None)))]:
        attempt.evidence, before = _without(email, attempt.evidence), attempt.evidence
        changed += attempt.evidence != before
    for run in s.scalars(select(Run).where(Run.held.is_not(None))).all():
        run.held, before = _without(email, run.held), run.held
        changed += run.held != before
    s.flush()
    return changed


def _copies(s: Session, email: str) -> int:
    """Where they are a colleague who gets copies, too."""
    mine = update(SeedCopy).where(func.lower(SeedCopy.email) == email.lower())
    return _count(s, mine.values(email=_GONE, words=""))


def _without(email: str, words: str | None) -> str:
    return re.sub(re.escape(email), _GONE, words or "", flags=re.IGNORECASE)


def _count(s: Session, change: Update) -> int:
    return int(s.execute(change).rowcount)  # type: ignore[attr-defined]
