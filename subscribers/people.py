"""Subscribers: adding and finding. Will and stops are in consent.py and suppression.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import NotFound, Refused
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.consent import Given, give
from subscribers.fields import field_name
from subscribers.fields.custom import Field, keep_profile, read_value, remember
from subscribers.fields.values import clean, clean_locale, clean_zone
from subscribers.former import holders
from subscribers.keys import Keys
from subscribers.lists import get_list
from subscribers.models import Profile, Subscriber, SubscriberTag
from subscribers.proof.evidence import need_basis
from subscribers.strangers import described

_HIGHEST = (1 << 31) - 1  # that PostgreSQL takes for a number


def add_subscriber(
    s: Session,
    keys: Keys,
    email: str,
    *,
    list_slug: str,
    first_name: str = "",
    last_name: str = "",
    zone: str = "",
    locale: str = "",
    tags: Iterable[str] = (),
    custom: Mapping[str, str] | None = None,
    state: Given = "confirmed",
    how: str,
    wording: str,
    source: str,
    actor: str,
) -> Subscriber:
    """Put a person on a list. One who is known keeps the history; what is given now is taken over, empty is not.

    Raises BadInput for what cannot be kept or stands on no ground, Refused for who opted out or is suppressed.
    """
    onto, ground = get_list(s, list_slug), need_basis(wording)
    given = _cleaned(first_name, last_name, zone, locale)
    fields, kept = _read_custom(s, custom or {})
    person = find(s, keys, email) or new_subscriber(s, keys, email, how)
    typed = parse_address(email).typed
    give(s, person, onto.id, state=state, how=how, wording=ground, source=source, actor=actor, typed=typed)
    for name, value in given.items():
        setattr(person, name, value)
    person.custom = {**person.custom, **kept}
    keep_profile(s, fields, person.id, person.custom)
    add_tags(s, person, tags)
    s.flush()
    return person


def _cleaned(first_name: str, last_name: str, zone: str, locale: str) -> dict[str, str]:
    names = {"first_name": clean(first_name), "last_name": clean(last_name)}
    every = {**names, "zone": clean_zone(zone), "locale": clean_locale(locale)}
    return {name: value for name, value in every.items() if value}


def _read_custom(s: Session, custom: Mapping[str, str]) -> tuple[dict[str, Field], dict[str, str]]:
    """All fields, and these values as they are kept, without empty ones."""
    values = {field_name(name): value for name, value in custom.items()}
    fields = remember(s, values)
    return fields, {name: read for name, value in values.items() if (read := read_value(fields[name], value))}


def find(s: Session, keys: Keys, email: str) -> Subscriber | None:
    """Whoever holds this address, however it is written. Raises BadInput."""
    return s.scalar(select(Subscriber).where(Subscriber.address_key == address_key(keys, email)))


def find_by_key(s: Session, key: bytes) -> Subscriber | None:
    """Whoever holds this address now."""
    return s.scalar(select(Subscriber).where(Subscriber.address_key == key))


def get_subscriber(s: Session, keys: Keys, email: str, *, lock: bool = False, zone: str = "UTC") -> Subscriber:
    """Raises NotFound, with moments in that zone."""
    key = address_key(keys, email)
    query = select(Subscriber).where(Subscriber.address_key == key)
    found = s.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
    if found is None:
        if had := next(iter(holders(s, key)), None):
            raise NotFound(f"Nobody has the address {email[:80]} any more; who had it is {had.email} now")
        raise NotFound(described(s, keys, email, zone))
    return found


def get_anybody(s: Session, keys: Keys, who: str, *, zone: str = "UTC") -> Subscriber:
    """By address, or by the number that receipts, the audit log and findings name. Raises NotFound.

    Who was merged is whom they were merged into; who was erased is an empty row.
    """
    if not who.strip().isdecimal():
        return get_subscriber(s, keys, who, zone=zone)
    found = s.get(Subscriber, min(int(who.strip()[:20]), _HIGHEST))
    if found is not None and found.merged_into is not None:
        found = s.get(Subscriber, found.merged_into)
    if found is None:
        raise NotFound(f"There is no subscriber {who[:20]}; find people with: tipsheet subscriber search")
    return found


def tags_of(s: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags of each who has any, in order."""
    query = select(SubscriberTag.subscriber_id, SubscriberTag.tag).where(SubscriberTag.subscriber_id.in_(ids))
    tags: dict[int, list[str]] = {}
    for subscriber_id, tag in s.execute(query):
        tags.setdefault(subscriber_id, []).append(tag)
    for each in tags.values():
        each.sort()
    return tags


def known_tags(s: Session, tags: Collection[str]) -> set[str]:
    """Those of these tags that somebody has."""
    found = (s.scalar(select(SubscriberTag.tag).where(SubscriberTag.tag == tag).limit(1)) for tag in tags)
    return {tag for tag in found if tag is not None}


def first_tags(s: Session, most: int = 200) -> list[str]:
    """The first of all tags, in order: one look into the index for each, however many people have it."""
    tags: list[str] = []
    while len(tags) < most:
        behind = SubscriberTag.tag > tags[-1] if tags else true()
        following = s.scalar(select(func.min(SubscriberTag.tag)).where(behind))
        if following is None:
            break
        tags.append(following)
    return tags


def new_subscriber(s: Session, keys: Keys, email: str, how: str) -> Subscriber:
    """For an address that nobody held a moment ago; should somebody have added it since, who that is."""
    address, at = parse_address(email), database_now(s)
    key, wide = address_key(keys, address), wide_key(keys, address)
    person = Subscriber(email=address.ascii, address_key=key, wide_key=wide, custom={}, created_at=at)
    try:
        add_new(s, person, f"{address.ascii} was added at this moment; look again")
    except Refused:
        return s.scalars(select(Subscriber).where(Subscriber.address_key == key)).one()
    s.add(Profile(subscriber_id=person.id, joined=at, source=how))
    return person


def add_tags(s: Session, person: Subscriber, tags: Iterable[str]) -> None:
    """Those that they do not have yet."""
    wanted = {clean(tag) for tag in tags} - {""}
    for tag in sorted(wanted.difference(tags_of(s, [person.id]).get(person.id, ()))):
        s.add(SubscriberTag(tag=tag, subscriber_id=person.id))
