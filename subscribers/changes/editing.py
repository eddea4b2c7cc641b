"""Changes that staff make to one person: details, address, tags, lists. Each is on the audit log with both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import BadInput, Refused
from subscribers import former
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.audit import Facts, differences, record
from subscribers.consent import carry, give
from subscribers.fields import field_name
from subscribers.fields.custom import keep_profile, read_value, remember
from subscribers.fields.values import clean, clean_locale, clean_zone
from subscribers.keys import Keys
from subscribers.lists import get_list, open_list
from subscribers.models import Subscriber, SubscriberTag, Subscription
from subscribers.people import add_tags, find_by_key, tags_of
from subscribers.proof.evidence import need_basis
from subscribers.suppression import FOLLOWS, stops, suppress

_CLEANERS = {"first_name": clean, "last_name": clean, "zone": clean_zone, "locale": clean_locale}


def edit(
    s: Session, person: Subscriber, given: Mapping[str, str], custom: Mapping[str, str], *, actor: str
) -> dict[str, Any]:
    """Names, zone, locale and custom values; an empty one is taken away. Returns what is different now. BadInput."""
    values = {field_name(name): value for name, value in custom.items()}
    fields = remember(s, values)
    before = {**{name: getattr(person, name) for name in _CLEANERS}, **person.custom}
    kept = {**person.custom, **{name: read_value(fields[name], value) for name, value in values.items()}}
    for name, value in given.items():
        setattr(person, name, _CLEANERS[name](value))
    person.custom = {name: value for name, value in kept.items() if value}
    keep_profile(s, fields, person.id, person.custom)
    after = {**{name: getattr(person, name) for name in _CLEANERS}, **person.custom}
    return _on_record(s, person, actor, "subscriber edit", before, after)


def change_address(s: Session, keys: Keys, person: Subscriber, email: str, *, because: str, actor: str) -> bool:
    """Their mail goes to another address from now on; False when it is another spelling of the same one.

    Consent was given for an address: `because` is the evidence that it holds for the new one. What they said to the
    old one, an opt-out above all, goes along. Raises BadInput, Refused for an address that is held or stopped.
    """
    new = parse_address(email)
    key, wide = address_key(keys, new), wide_key(keys, new)
    before, is_new = {"email": person.email}, key != person.address_key
    if is_new:
        need(because)
        _free(s, key, wide, new.ascii)
        said = [stop for stop in stops(s, person.address_key) if stop.reason in FOLLOWS]
        former.keep(s, person.address_key, person.id, database_now(s))
        former.forget(s, person.id, key)
        person.address_key, person.wide_key, person.addressed_at = key, wide, database_now(s)
    person.email = new.ascii
    s.flush()
    if is_new:
        for stop in said:
            suppress(s, key, stop.reason, list_id=stop.list_id, source=stop.source, at=stop.at)  # type: ignore[arg-type]
        for held in _confirmed(s, person.id):
            with_evidence: dict[str, Any] = {"how": "edit", "source": because, "actor": actor, "like": held.consent_id}
            carry(s, person.id, held.list_id, "confirmed", typed=new.typed, **with_evidence)
    _on_record(s, person, actor, "subscriber edit", before, {"email": person.email}, because=because)
    return is_new


def tag(
    s: Session, person: Subscriber, add: Iterable[str] = (), remove: Iterable[str] = (), *, actor: str
) -> list[str]:
    """Returns the tags that they have now. Raises BadInput for an empty one."""
    wanted, unwanted = [clean(each) for each in add], [clean(each) for each in remove]
    if not all(wanted + unwanted):
        raise BadInput("A tag needs a name; give one such as runner")
    before = tags_of(s, [person.id]).get(person.id, [])
    add_tags(s, person, wanted)
    mine = SubscriberTag.subscriber_id == person.id
    s.flush()
    s.execute(delete(SubscriberTag).where(mine, SubscriberTag.tag.in_(unwanted)))
    after = tags_of(s, [person.id]).get(person.id, [])
    _on_record(s, person, actor, "subscriber tag", {"tags": before}, {"tags": after})
    return after


def move(s: Session, person: Subscriber, leave: str, join: str, *, because: str, actor: str) -> None:
    """From one list to another. Consent is per list: `because` is the ground for the new one, and its wording.

    What they wish (a pause, one mail a month) goes along; open tracking is asked anew, on each list. Raises BadInput,
    NotFound, and Refused for who is not on the old list, or has left or is stopped on the new one.
    """
    ground = need_basis(because, "--because")
    old, new = get_list(s, leave), open_list(s, join)
    held = s.get(Subscription, (old.id, person.id), populate_existing=True)
    if held is None or held.state != "confirmed":
        raise Refused(f"{person.email} is not confirmed on the list {leave}, so there is nothing to move")
    how: dict[str, Any] = {"how": "move", "source": f"moved from the list {leave} to {join}", "actor": actor}
    if give(s, person, new.id, wording=ground, **how):
        now = s.get_one(Subscription, (new.id, person.id))
        now.paused_until, now.frequency = held.paused_until, held.frequency
    carry(s, person.id, old.id, "withdrawn", **how)
    _on_record(s, person, actor, "subscriber move", {"list": leave}, {"list": join}, because=because)


def need(because: str) -> None:
    """Raises BadInput for no reason at all."""
    if not clean(because):
        raise BadInput("Say how you know that they want it with --because; it stands on record beside your name")


def _free(s: Session, key: bytes, wide: bytes | None, email: str) -> None:
    if find_by_key(s, key):
        raise Refused(f"{email} is another subscriber's address; make one of the two with: tipsheet subscriber merge")
    if stop := next(iter(stops(s, key, wide=wide)), None):
        raise Refused(f"{email} is stopped by a suppression ({stop.reason}), so nobody gets it; use another address")


def _confirmed(s: Session, subscriber_id: int) -> list[Subscription]:
    mine = select(Subscription).where(Subscription.subscriber_id == subscriber_id, Subscription.state == "confirmed")
    return list(s.scalars(mine.order_by(Subscription.list_id).execution_options(populate_existing=True)))


def _on_record(
    s: Session, person: Subscriber, actor: str, action: str, before: Facts, after: Facts, *, because: str = ""
) -> dict[str, Any]:
    old, new = differences(before, after)
    if old or new:
        told = {**new, "because": because} if because else new
        record(s, actor=actor, action=action, about=str(person.id), subscriber_id=person.id, before=old, after=told)
    s.flush()
    return new
