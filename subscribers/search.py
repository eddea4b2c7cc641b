"""Finding people by part of an address or name, a tag, a list or a condition; page by page, by their ids."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from base.errors import BadInput
from subscribers.addresses import address_key, parse_address
from subscribers.keys import Keys
from subscribers.models import List, Subscriber, SubscriberTag, Subscription
from subscribers.people import tags_of

PAGE = 50
WINDOW = 100_000  # people that are looked through at most for one answer
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


@dataclass(frozen=True)
class Page:
    people: list[Found]
    after: int | None  # where to go on; None: nobody else fits


def search(s: Session, keys: Keys, wanted: Wanted, *, after: int = 0, most: int = PAGE) -> Page:
    """The next people. A part of a name is looked for among so many at a time that the answer does not take long.

    Raises BadInput for a state that is none.
    """
    if wanted.state and wanted.state not in STATES:
        raise BadInput(f"{wanted.state[:40]!r} is no state; use one of {', '.join(STATES)}")
    says = _says(keys, wanted.text) if wanted.text else None
    looks_through = says is not None and not _is_address(wanted.text)
    last = _window_end(s, after) if looks_through or wanted.condition is not None or wanted.state else None
    rows = s.execute(_query(wanted, says, after, last).limit(most)).all()
    lists, tags = _lists(s, [row.id for row in rows]), tags_of(s, [row.id for row in rows])
    people = [
        Found(r.id, r.email, f"{r.first_name} {r.last_name}".strip(), lists.get(r.id, ()), tuple(tags.get(r.id, ())))
        for r in rows
    ]
    return Page(people, people[-1].id if len(people) == most else last)


def _window_end(s: Session, after: int) -> int | None:
    """The id of the last person to be looked at; None where that is everybody."""
    ids = select(Subscriber.id).where(Subscriber.id > after).order_by(Subscriber.id)
    return s.scalar(ids.offset(WINDOW - 1).limit(1))


def _query(
    wanted: Wanted, says: ColumnElement[bool] | None, after: int, last: int | None
) -> Select[int, str, str, str]:
    """Begun with what narrows most, in whose own order the ids come."""
    columns = (Subscriber.id, Subscriber.email, Subscriber.first_name, Subscriber.last_name)
    query, who = select(*columns).where(Subscriber.email != ""), Subscriber.id.expression
    if wanted.tag:
        query = query.join(SubscriberTag, SubscriberTag.subscriber_id == Subscriber.id)
        query, who = query.where(SubscriberTag.tag == wanted.tag), SubscriberTag.subscriber_id.expression
    if wanted.list_id is not None:
        query = query.join(Subscription, Subscription.subscriber_id == Subscriber.id)
        query = query.where(Subscription.list_id == wanted.list_id)
        query = query.where(Subscription.state == wanted.state) if wanted.state else query
        who = who if wanted.tag else Subscription.subscriber_id.expression
    elif wanted.state:
        held = exists().where(Subscription.subscriber_id == Subscriber.id, Subscription.state == wanted.state)
        query = query.where(held)
    for condition in (wanted.condition, says):
        query = query.where(condition) if condition is not None else query
    query = query.where(who > after).order_by(who)
    return query if last is None else query.where(who <= last)


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except BadInput:
        return False
    return True


def _says(keys: Keys, text: str) -> ColumnElement[bool]:
    """A whole address is found by its key at once; a part of one, or of a name, by looking through people."""
    if _is_address(text):
        return Subscriber.address_key == address_key(keys, text)
    name = Subscriber.first_name + " " + Subscriber.last_name
    return or_(*(func.lower(each).contains(text.lower(), autoescape=True) for each in (Subscriber.email, name)))


def _lists(s: Session, ids: list[int]) -> dict[int, tuple[str, ...]]:
    query = select(Subscription.subscriber_id, List.slug, Subscription.state).join(
        List, List.id == Subscription.list_id
    )
    found: dict[int, tuple[str, ...]] = {}
    for who, slug, state in s.execute(query.where(Subscription.subscriber_id.in_(ids)).order_by(List.slug)):
        found[who] = (*found.get(who, ()), f"{slug} {state}")
    return found
