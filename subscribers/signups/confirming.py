"""What becomes of a sign-up: recorded at once, asked to confirm by mail, confirmed, or dropped without a word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from subscribers import signups
from subscribers.addresses import wide_key
from subscribers.consent import allow_opens, confirm_sign_up, give
from subscribers.keys import Keys
from subscribers.models import Evidence, List, SignUp, Subscriber, Subscription, Suppression, Wording
from subscribers.people import find_by_key, new_subscriber
from subscribers.proof.evidence import Shown
from subscribers.signups import forms
from subscribers.suppression import stops

CONFIRMATION = "the link in the confirmation mail"
_ACTOR = "recipient"
# Stops that a person's own word does not lift: nothing is sent to such an address, not even this.
_STAY = ("hard bounce", "complaint", "manual", "invalid")


@dataclass(frozen=True)
class Outgoing:
    """One mail that is to leave now."""

    sign_up: int
    email: str
    list_name: str
    asked_at: datetime
    expires_at: datetime
    token: str
    is_reminder: bool


@dataclass(frozen=True)
class Waiting:
    list_name: str
    slug: str
    wording: str  # all that the button agrees to, a line for each consent
    opens: bool  # is one of them that opening is seen?
    is_confirmed: bool


def take(s: Session, keys: Keys, sign_up: int, *, may_mail: bool) -> Outgoing | None:
    """Decide on one that is due. What is to be mailed counts as sent from here on; None: nothing to mail now."""
    row = s.get(SignUp, sign_up, with_for_update={"skip_locked": True}, populate_existing=True)
    now = database_now(s)
    if row is None or row.not_before > now or not now < row.expires_at:
        return None  # another service has it
    on, stopped = s.get_one(List, row.list_id), stops(s, row.address_key, row.list_id, wide=wide_key(keys, row.email))
    held = _held(s, row)
    if on.archived_at or _is_settled(row, stopped, held):
        s.delete(row)
    elif on.opt_in == "single" and not stopped and held != "withdrawn":
        _record_at_once(s, keys, row)
    else:
        return _to_mail(s, keys, row, on, now, may_mail=may_mail)
    s.flush()
    return None


def look(s: Session, token: str) -> Waiting | None:
    """What a link asks; None for one that is unknown, too late, or whose list is closed."""
    row = signups.find(s, token)
    on = s.get_one(List, row.list_id) if row else None
    if row is None or on is None or on.archived_at or (not row.email and _held(s, row) != "confirmed"):
        return None
    wording = select(Wording.text).join(Evidence, Evidence.wording_id == Wording.id)
    text = s.scalars(wording.where(Evidence.id == row.evidence_id)).one()
    words, opens = forms.agreed(text, ticked=row.opens)
    return Waiting(on.name, on.slug, words, opens, is_confirmed=not row.email)


def confirm(s: Session, keys: Keys, token: str) -> Waiting | None:
    """They want it: recorded once, and harmless to repeat. None as in `look`."""
    row = signups.find(s, token, lock=True)
    found = look(s, token)
    if row is None or found is None or found.is_confirmed:
        return found
    person = _person(s, keys, row, fill=True)
    confirm_sign_up(
        s,
        person,
        row.list_id,
        asked_at=row.asked_at,
        evidence_id=row.evidence_id,
        personal=row.personal,
        confirm_source=CONFIRMATION,
        actor=_ACTOR,
        opens=found.opens,
    )
    signups.settled(s, row.address_key, row.list_id)
    return replace(found, is_confirmed=True)


def _is_settled(row: SignUp, stopped: list[Suppression], held: str | None) -> bool:
    """Is nothing to be done any more: they have it, may not be mailed, or said no after they had asked?"""
    if any(stop.reason in _STAY or stop.at > row.asked_at for stop in stopped):
        return True
    return held == "confirmed" and not stopped


def _to_mail(s: Session, keys: Keys, row: SignUp, on: List, now: datetime, *, may_mail: bool) -> Outgoing | None:
    allowed_at, is_reminder = signups.may_leave_at(s, row, now), row.sent_at is not None
    token = signups.token(keys, row)
    if token is None or (allowed_at > now and signups.others_waiting(s, row)):
        s.delete(row)
    elif is_reminder and signups.others_waiting(s, row):
        row.not_before = row.expires_at  # the other mail reminds them
    elif allowed_at > now or not may_mail:
        row.not_before = max(allowed_at, now + signups.LOOK_AGAIN)
    else:
        signups.leaves(s, row)
        return Outgoing(row.id, row.email, on.name, row.asked_at, row.expires_at, token, is_reminder)
    s.flush()
    return None


def _record_at_once(s: Session, keys: Keys, row: SignUp) -> None:
    """A list with single opt-in takes the form's word for it."""
    query = select(Evidence.how, Evidence.source, Evidence.actor, Wording).join(Wording)
    how, source, actor, wording = s.execute(query.where(Evidence.id == row.evidence_id)).one()
    shown = Shown(wording.text, wording.language, wording.controller, wording.privacy_url)
    person = _person(s, keys, row, fill=False)
    given = orjson.loads(row.personal)
    give(
        s,
        person,
        row.list_id,
        how=how,
        wording=shown,
        source=source,
        actor=actor,
        typed=given["address"],
        ip=given.get("ip", ""),
    )
    if forms.agreed(wording.text, ticked=row.opens)[1]:
        allow_opens(s, person, row.list_id, allowed=True, how=how, wording=shown, source=source, actor=actor)
    s.delete(row)


def _person(s: Session, keys: Keys, row: SignUp, *, fill: bool) -> Subscriber:
    """Whoever holds the address. What stood in a form replaces nothing; of who is known already it fills in what is
    missing only after they confirmed it: before that anybody may have typed it."""
    known = find_by_key(s, row.address_key)
    person = known or new_subscriber(s, keys, row.email, "form")
    for name, value in orjson.loads(row.fields).items():
        if known is None or (fill and not getattr(person, name)):
            setattr(person, name, value)
    return person


def _held(s: Session, row: SignUp) -> str | None:
    mine = select(Subscription.state).join(Subscriber, Subscriber.id == Subscription.subscriber_id)
    return s.scalar(mine.where(Subscriber.address_key == row.address_key, Subscription.list_id == row.list_id))
