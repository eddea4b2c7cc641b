"""Two rows that are one person, made one. Consent is not invented, and what either said stops them both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Refused
from subscribers import former
from subscribers.audit import record
from subscribers.changes.editing import need
from subscribers.changes.shell import empty
from subscribers.consent import carry
from subscribers.fields.custom import all_fields, keep_profile
from subscribers.models import Profile, Subscriber, Subscription, Suppression
from subscribers.people import add_tags, tags_of
from subscribers.suppression import FOLLOWS, THEIR_OWN, Reason, stops, suppress

_DETAILS = ("first_name", "last_name", "zone", "locale")


def merge(s: Session, winner: Subscriber, loser: Subscriber, *, because: str, actor: str) -> None:
    """The winner keeps address and details, and gets what they lack from the loser, of whom an empty row stays.

    They get the loser's lists where the loser's consent is confirmed: `because` is the evidence that it is one person.
    A withdrawal of either wins; a bounce stays with the address that bounced, which nobody mails any more. Links in
    mails to the loser lead to the winner. Raises BadInput, Refused.
    """
    need(because)
    if winner.id == loser.id:
        raise Refused(f"{winner.email} is one subscriber already; name two different ones")
    _lock(s, winner, loser)
    merged = {"email": loser.email}
    _stop(s, winner, [stop for stop in stops(s, loser.address_key) if stop.reason in FOLLOWS])
    for theirs in _lists(s, loser.id):
        _bring(s, winner, theirs, loser.email, {"how": "merge", "source": because, "actor": actor})
    _fill(s, winner, loser)
    former.keep(s, loser.address_key, winner.id, database_now(s))
    former.hand_over(s, loser.id, winner.id)
    former.forget(s, winner.id, winner.address_key)
    _stop(s, winner, [stop for stop in stops(s, winner.address_key) if stop.reason in THEIR_OWN])
    loser.merged_into = winner.id
    empty(s, loser)
    about: dict[str, Any] = {"actor": actor, "action": "subscriber merge", "before": merged}
    record(s, **about, about=str(winner.id), subscriber_id=winner.id, after={"because": because})
    record(s, **about, about=str(loser.id), subscriber_id=loser.id, after={"into": winner.id})


def _lock(s: Session, *people: Subscriber) -> None:
    """In the order of their ids, so that no two merges wait for each other. Both must still be there."""
    ids = [person.id for person in people]
    rows = select(Subscriber).where(Subscriber.id.in_(ids)).order_by(Subscriber.id).with_for_update()
    for person in s.scalars(rows.execution_options(populate_existing=True)):
        if not person.email:
            raise Refused("One of the two was erased or merged at this moment; look again and repeat it")


def _stop(s: Session, winner: Subscriber, held: Iterable[Suppression]) -> None:
    """What a person said is written under every address that they have and had, the loser's included."""
    for each in held:
        reason = cast(Reason, each.reason)
        suppress(s, winner.address_key, reason, list_id=each.list_id, source=each.source, at=each.at)


def _lists(s: Session, subscriber_id: int) -> list[Subscription]:
    mine = select(Subscription).where(Subscription.subscriber_id == subscriber_id).order_by(Subscription.list_id)
    return list(s.scalars(mine.execution_options(populate_existing=True)))


def _bring(s: Session, winner: Subscriber, theirs: Subscription, typed: str, evidence: dict[str, Any]) -> None:
    """What the loser wants of one list becomes the winner's will, and the loser is on it no more."""
    ours = s.get(Subscription, (theirs.list_id, winner.id), populate_existing=True)
    state = ours.state if ours else ""
    if theirs.state == "withdrawn" and state != "withdrawn":
        carry(s, winner.id, theirs.list_id, "withdrawn", **evidence)
    if theirs.state == "confirmed" and state in ("", "pending") and not _said_no(s, winner, theirs.list_id):
        carry(s, winner.id, theirs.list_id, "confirmed", typed=typed, like=theirs.consent_id, **evidence)
        ours = s.get_one(Subscription, (theirs.list_id, winner.id))
        ours.paused_until, ours.frequency = theirs.paused_until, theirs.frequency
    if theirs.state != "withdrawn":
        carry(s, theirs.subscriber_id, theirs.list_id, "withdrawn", **evidence)


def _said_no(s: Session, winner: Subscriber, list_id: int) -> bool:
    return any(stop.reason in FOLLOWS for stop in stops(s, winner.address_key, list_id))


def _fill(s: Session, winner: Subscriber, loser: Subscriber) -> None:
    for name in _DETAILS:
        if not getattr(winner, name):
            setattr(winner, name, getattr(loser, name))
    winner.custom = {**loser.custom, **winner.custom}
    keep_profile(s, all_fields(s), winner.id, winner.custom)
    add_tags(s, winner, tags_of(s, [loser.id]).get(loser.id, ()))
    ours, theirs = (s.get(Profile, each.id, populate_existing=True) for each in (winner, loser))
    if ours and theirs:
        for seen in ("last_opened", "last_clicked"):
            setattr(ours, seen, max(filter(None, (getattr(ours, seen), getattr(theirs, seen))), default=None))
    s.flush()
