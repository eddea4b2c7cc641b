"""What is known of an address that nobody has: a sign-up that waits, and what stops it. Who has one: people.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.time import zone
from subscribers.addresses import address_key, wide_key
from subscribers.keys import Keys
from subscribers.models import List, SignUp
from subscribers.suppression import stops

_ADD = "add them with: tipsheet subscriber add"


def described(s: Session, keys: Keys, email: str, zone_name: str) -> str:
    """For staff who ask for somebody with this address."""
    shown, key = email[:80], address_key(keys, email)
    stopped = _stopped(s, key, wide_key(keys, email), zone_name)
    waits = _waiting(s, key, shown, zone_name)
    if stopped:
        known = waits or f"Nobody with the address {shown} is known"
        return f"{known}, and it is stopped: {stopped}; what proves that: tipsheet consent proof {shown}"
    return waits or f"Nobody with the address {shown} is known; {_ADD}"


def _waiting(s: Session, key: bytes, email: str, zone_name: str) -> str:
    """Who signed up by a form and has not confirmed is nobody's subscriber, but staff are asked where they are."""
    asked = select(List.slug, SignUp.asked_at, SignUp.expires_at).join(List, List.id == SignUp.list_id)
    row = s.execute(asked.where(SignUp.address_key == key, SignUp.email != "").order_by(SignUp.id.desc())).first()
    if row is None:
        return ""
    return (
        f"{email} signed up for {row.slug} at {_at(row.asked_at, zone_name)} and has not confirmed it; without that "
        f"the address is forgotten at {_at(row.expires_at, zone_name)}"
    )


def _stopped(s: Session, key: bytes, wide: bytes | None, zone_name: str) -> str:
    slugs = dict(s.execute(select(List.id, List.slug)).all())
    told = (
        f"{each.reason} on {slugs[each.list_id] if each.list_id is not None else 'every list'} "
        f"since {_at(each.at, zone_name)}"
        for each in stops(s, key, wide=wide)
    )
    return ", ".join(dict.fromkeys(told))  # a stop under two keys is told once


def _at(instant: datetime, zone_name: str) -> str:
    return f"{instant.astimezone(zone(zone_name)):%Y-%m-%d %H:%M %Z}"
