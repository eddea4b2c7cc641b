"""Stops as staff see and change them: adding one, lifting one with a reason, and what is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import BadInput, NotFound, Refused
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.audit import Facts, record
from subscribers.consent import opt_out
from subscribers.fields.values import clean
from subscribers.keys import Keys
from subscribers.lists import get_list
from subscribers.models import List, Subscriber, Suppression
from subscribers.people import find_by_key
from subscribers.suppression import Reason, lift, stops, suppress

# Only the person themselves takes these back, by confirming that they want a list.
FOR_GOOD = ("opt-out", "erasure")
_NOBODY = "an address that nobody holds"


@dataclass(frozen=True)
class Held:
    """One stop. The address is known only where somebody holds it: a stop is kept under a key."""

    email: str
    reason: str
    list: str | None  # None: every list
    at: datetime
    source: str


def stop(s: Session, keys: Keys, email: str, reason: Reason, *, list_slug: str | None, source: str, actor: str) -> bool:
    """False when this very stop was there already. Raises BadInput, NotFound."""
    address, where = parse_address(email), get_list(s, list_slug).id if list_slug else None
    key, wide = address_key(keys, address), wide_key(keys, address)
    if reason == "opt-out":
        by = {"how": "command", "source": source, "actor": actor}
        new = opt_out(s, address_key=key, list_id=where, wide=wide, **by).changed  # type: ignore[arg-type]
    else:
        new = suppress(s, key, reason, list_id=where, source=source, wide=wide)
    if new:
        _on_record(s, key, actor, "suppression add", {"reason": reason, "list": list_slug or "every list"})
    return new


def lift_stops(s: Session, keys: Keys, email: str, *, list_slug: str | None, because: str, actor: str) -> list[Held]:
    """What was lifted. Raises Refused where nothing is left but what only the person takes back, NotFound, BadInput."""
    if not clean(because):
        raise BadInput("Say why with --because: it stands on record beside your name")
    address, where = parse_address(email), get_list(s, list_slug).id if list_slug else None
    key, wide = address_key(keys, address), wide_key(keys, address)
    active = [each for each in stops(s, key, wide=wide) if list_slug is None or each.list_id == where]
    lifted = {(each.reason, each.list_id): each for each in active if each.reason not in FOR_GOOD}
    if not lifted:
        raise _refusal(address.ascii, active, list_slug)
    at, slugs = database_now(s), dict(s.execute(select(List.id, List.slug)).all())
    for reason, list_id in lifted:
        lift(s, key, reason, list_id=list_id, at=at, by=actor, because=because, wide=wide)  # type: ignore[arg-type]
    held = [f"{reason} on {slugs[on] if on is not None else 'every list'}" for reason, on in lifted]
    _on_record(s, key, actor, "suppression lift", {"stops": [], "because": because}, before={"stops": held})
    return [_held(address.ascii, each, slugs) for each in lifted.values()]


def newest(s: Session, *, reason: str | None, most: int) -> list[Held]:
    """The newest stops that hold."""
    query = (
        select(Subscriber.email, Suppression)
        .outerjoin(Subscriber, Subscriber.address_key == Suppression.address_key)
        .where(Suppression.lifted_at.is_(None))
    )
    if reason:
        query = query.where(Suppression.reason == reason)
    slugs = dict(s.execute(select(List.id, List.slug)).all())
    rows = s.execute(query.order_by(Suppression.id.desc()).limit(most))
    return [_held(email or "", each, slugs) for email, each in rows]


def counts(s: Session) -> dict[str, int]:
    """How many hold, by reason. A Gmail address counts twice: it is kept under two keys."""
    query = select(Suppression.reason, func.count()).where(Suppression.lifted_at.is_(None))
    return dict(s.execute(query.group_by(Suppression.reason).order_by(Suppression.reason)).all())


def _refusal(email: str, active: list[Suppression], list_slug: str | None) -> Refused:
    if not active:
        where = f" on the list {list_slug}" if list_slug else ""
        return NotFound(f"Nothing stops mail to {email}{where}; there is nothing to lift")
    return Refused(
        f"{email} is stopped by their own word ({active[0].reason}); only they themselves lift that, by the page "
        "behind a mail's unsubscribe link or by a sign-up that they confirm"
    )


def _held(email: str, each: Suppression, slugs: dict[int, str]) -> Held:
    return Held(email, each.reason, slugs[each.list_id] if each.list_id is not None else None, each.at, each.source)


def _on_record(s: Session, key: bytes, actor: str, action: str, after: Facts, before: Facts | None = None) -> None:
    holder = find_by_key(s, key)
    who, about = (holder.id, str(holder.id)) if holder else (None, _NOBODY)
    record(s, actor=actor, action=action, about=about, subscriber_id=who, before=before, after=after)
