"""What a person changes by themselves: how often, a pause, another list, their details. Each is on the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import BrandConfig
from base.database import database_now
from base.errors import BadInput, NotFound, Refused
from subscribers import audit
from subscribers.consent import allow_opens, give, undo
from subscribers.fields.values import clean, clean_locale, clean_zone
from subscribers.models import List, Subscriber, Subscription
from subscribers.proof.evidence import Shown
from subscribers.signups import forms
from subscribers.signups.forms import OPENS_WORDING
from subscribers.suppression import stops

Frequency = Literal["all", "monthly"]
FREQUENCIES: tuple[Frequency, ...] = ("all", "monthly")
LONGEST_PAUSE = timedelta(days=366)
HOW = "page"  # how a consent came that was given here
ACTOR = "recipient"
DETAILS = ("first_name", "last_name", "zone", "locale")


@dataclass(frozen=True)
class Held:
    """A list that a person is on, as they have arranged it."""

    slug: str
    name: str
    frequency: str
    paused_until: datetime | None  # None also where a pause is over
    opens: bool


def held(s: Session, person: Subscriber) -> list[Held]:
    """The lists they get, by name."""
    now = database_now(s)
    query = (
        select(List.slug, List.name, Subscription)
        .join(Subscription, Subscription.list_id == List.id)
        .where(Subscription.subscriber_id == person.id, Subscription.state == "confirmed", List.archived_at.is_(None))
        .order_by(List.name, List.slug)
    )
    found = []
    for slug, name, row in s.execute(query):
        if not any(stop.reason in ("opt-out", "erasure") for stop in stops(s, person.address_key, row.list_id)):
            until = row.paused_until if row.paused_until and row.paused_until > now else None
            found.append(Held(slug, name, row.frequency, until, row.opens_since is not None))
    return found


def to_join(s: Session, person: Subscriber, brand: BrandConfig) -> list[forms.Form]:
    """The forms of the public lists that they do not get."""
    mine = {each.slug for each in held(s, person)}
    return [form for form in forms.open_forms(s, brand) if form.slug not in mine]


def arrange(
    s: Session,
    person: Subscriber,
    slug: str,
    *,
    frequency: str,
    paused_until: datetime | None,
    opens: bool,
    source: str,
) -> None:
    """How they want a list that they get. Raises BadInput and NotFound."""
    if frequency not in FREQUENCIES:
        raise BadInput("Choose whether you want every mail or one a month")
    now, row = database_now(s), _subscription(s, person, slug)
    if paused_until and not now < paused_until <= now + LONGEST_PAUSE:
        raise BadInput("A pause ends on a day to come, within a year; to get nothing for good, leave the list")
    before = {"list": slug, "frequency": row.frequency, "paused_until": row.paused_until}
    row.frequency, row.paused_until = frequency, paused_until
    allow_opens(s, person, row.list_id, allowed=opens, how=HOW, wording=OPENS_WORDING, source=source, actor=ACTOR)
    _note(s, person, before, {"list": slug, "frequency": frequency, "paused_until": paused_until})


def join(s: Session, person: Subscriber, slug: str, brand: BrandConfig, *, version: str, source: str) -> None:
    """Another public list, by its button and the words beside it: this is consent, and lifts their own opt-out from it.

    Raises NotFound for a list that is closed, Refused where those words have changed or another stop holds.
    """
    form = forms.form_of(s, slug, brand)
    if form.version != version:
        raise Refused("The words beside the button have changed; read them again, then press it once more")
    if any(stop.reason not in ("opt-out", "erasure") for stop in stops(s, person.address_key, form.list_id)):
        raise Refused("This address takes no mail of ours at the moment; please write to us")
    shown = form.shown
    if _is_new(s, person, form.list_id):
        give(s, person, form.list_id, how=HOW, wording=shown, source=source, actor=ACTOR, typed=person.email)
    else:
        _back(s, person, form.list_id, shown, source)


def change_details(s: Session, person: Subscriber, given: Mapping[str, str]) -> None:
    """Their names, zone and locale; what is not among `given` stays. Raises BadInput."""
    cleaners = {"zone": clean_zone, "locale": clean_locale}
    after = {name: cleaners.get(name, clean)(given[name]) for name in DETAILS if name in given}
    before = {name: getattr(person, name) for name in after}
    for name, value in after.items():
        setattr(person, name, value)
    _note(s, person, before, after)


def _is_new(s: Session, person: Subscriber, list_id: int) -> bool:
    """Did they never leave it?"""
    row = s.get(Subscription, (list_id, person.id))
    return (row is None or row.state != "withdrawn") and not stops(s, person.address_key, list_id, wide=person.wide_key)


def _back(s: Session, person: Subscriber, list_id: int, shown: Shown, source: str) -> None:
    undo(s, address_key=person.address_key, list_id=list_id, how=HOW, wording=shown, source=source, actor=ACTOR)


def _subscription(s: Session, person: Subscriber, slug: str) -> Subscription:
    query = select(Subscription).join(List, List.id == Subscription.list_id).with_for_update(of=Subscription)
    row = s.scalar(query.where(List.slug == slug, Subscription.subscriber_id == person.id))
    if row is None or row.state != "confirmed":
        raise NotFound("You are not on this list any more; go back and look again")
    return row


def _note(s: Session, person: Subscriber, before: Mapping[str, object], after: Mapping[str, object]) -> None:
    was, now = audit.differences(before, after)
    if now:
        about = str(person.id)
        audit.record(s, actor=ACTOR, action="preferences", about=about, subscriber_id=person.id, before=was, after=now)
