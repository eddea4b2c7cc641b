"""Finding people by part of an address or name, a tag, a list or a condition; page by page, by their ids."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from base.errors import BadInput
from subscribers.addresses import address_key
from subscribers.keys import Keys
from subscribers.models import List, Subscriber, SubscriberTag, Subscription
from subscribers.people import tags_of

PAGE = 50
STATES = ("confirmed", "pending", "withdrawn")


@dataclass(frozen=True)
class Found:
    id: int
    email: str
    name: str
    lists: tuple[str, ...]  # `tips confirmed`
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """All that is given has to be true of a person."""

    text: str = ""
    tag: str = ""
    list_id: int | None = None
    state: str = ""
    condition: ColumnElement[bool] | None = None  # of a row of subscribers


def search(s: Session, keys: Keys, wanted: Wanted, *, after: int = 0, most: int = PAGE) -> list[Found]:
    """The next people; go on after the id of the last. Raises BadInput for a state that is none."""
    if wanted.state and wanted.state not in STATES:
        raise BadInput(f"{wanted.state[:40]!r} is no state; use one of {', '.join(STATES)}")
    columns = (Subscriber.id, Subscriber.email, Subscriber.first_name, Subscriber.last_name)
    query = select(*columns).where(Subscriber.id > after, Subscriber.email != "").order_by(Subscriber.id).limit(most)
    rows = s.execute(_narrowed(keys, wanted, query)).all()
    lists, tags = _lists(s, [row.id for row in rows]), tags_of(s, [row.id for row in rows])
    return [
        Found(r.id, r.email, f"{r.first_name} {r.last_name}".strip(), lists.get(r.id, ()), tuple(tags.get(r.id, ())))
        for r in rows
    ]


def _narrowed(keys: Keys, wanted: Wanted, query: Select[int, str, str, str]) -> Select[int, str, str, str]:
    if wanted.tag:
        tagged = select(SubscriberTag.subscriber_id).where(SubscriberTag.tag == wanted.tag)
        query = query.where(Subscriber.id.in_(tagged))
    if wanted.list_id is not None or wanted.state:
        held = select(Subscription.subscriber_id)
        held = held.where(Subscription.list_id == wanted.list_id) if wanted.list_id is not None else held
        held = held.where(Subscription.state == wanted.state) if wanted.state else held
        query = query.where(Subscriber.id.in_(held))
    if wanted.condition is not None:
        query = query.where(wanted.condition)
    return query.where(_says(keys, wanted.text)) if wanted.text else query


def _says(keys: Keys, text: str) -> ColumnElement[bool]:
    """A whole address is found by its key at once; a part of one, or of a name, by looking through everybody."""
    try:
        return Subscriber.address_key == address_key(keys, text)
    except BadInput:
        name = Subscriber.first_name + " " + Subscriber.last_name
        looked = (func.lower(each).contains(text.lower(), autoescape=True) for each in (Subscriber.email, name))
        return or_(*looked)


def _lists(s: Session, ids: list[int]) -> dict[int, tuple[str, ...]]:
    query = select(Subscription.subscriber_id, List.slug, Subscription.state).join(
        List, List.id == Subscription.list_id
    )
    found: dict[int, tuple[str, ...]] = {}
    for who, slug, state in s.execute(query.where(Subscription.subscriber_id.in_(ids)).order_by(List.slug)):
        found[who] = (*found.get(who, ()), f"{slug} {state}")
    return found
