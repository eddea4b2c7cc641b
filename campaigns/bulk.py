"""One change to everybody on a list of whom a rule is true: looked at first, then done in chunks.

What was done stays done: cut off, it is run again and goes on with those who are left.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.database import Database
from base.errors import BadInput, Refused
from campaigns.segments.people import everybody
from campaigns.segments.saved import chosen
from campaigns.segments.sql import to_sql
from delivery.erasing import erase
from subscribers.audit import record
from subscribers.changes.editing import move
from subscribers.consent import opt_out
from subscribers.fields.values import clean
from subscribers.keys import Keys
from subscribers.lists import get_list
from subscribers.models import Subscriber, SubscriberTag, Subscription
from subscribers.proof.evidence import need_basis

EXAMPLES = 5
_FAST, _SLOW = 1_000, 25  # people a transaction: others wait no longer than this takes to write

Change = Callable[[Session, list[int]], int]  # to these people; how many it was done to


@dataclass(frozen=True)
class Preview:
    people: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Act:
    """What is to be done, in the command's words."""

    name: str
    change: Change
    at_once: int
    facts: dict[str, Any]


def look(s: Session, rule: str, list_slug: str) -> Preview:
    """Whom it would be done to. Raises BadInput, NotFound."""
    asked, list_id = chosen(s, rule), get_list(s, list_slug).id
    people = s.scalar(select(func.count()).select_from(_inside(s, rule, list_slug).subquery())) or 0
    first = _on(list_id).where(to_sql(asked.rule, asked.fields)).order_by(Subscription.subscriber_id).limit(EXAMPLES)
    emails = s.scalars(
        select(Subscriber.email).where(Subscriber.id.in_(list(s.scalars(first)))).order_by(Subscriber.id)
    )
    return Preview(people, tuple(emails))


def do(db: Database, rule: str, list_slug: str, act: Act, *, actor: str) -> int:
    """Returns how many it was done to. One row on the audit log says how many were meant, before it begins."""
    with db.read() as s:
        meant = array("q", s.scalars(_inside(s, rule, list_slug).execution_options(yield_per=_FAST)))
    with db.write() as s:
        told = {**act.facts, "rule": rule, "people": len(meant)}
        record(s, actor=actor, action=f"subscriber bulk {act.name}", about=list_slug, after=told)
    done = 0
    for start in range(0, len(meant), act.at_once):
        with db.write() as s:
            done += act.change(s, meant[start : start + act.at_once].tolist())
    return done


def _inside(s: Session, rule: str, list_slug: str) -> Select[int]:
    asked, list_id = chosen(s, rule), get_list(s, list_slug).id
    return _on(list_id).where(Subscription.subscriber_id.in_(everybody(s, asked)))


def tag(name: str) -> Act:
    def change(s: Session, ids: list[int]) -> int:
        insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
        rows = [{"tag": word, "subscriber_id": each} for each in ids]
        return _count(s.execute(insert(SubscriberTag).on_conflict_do_nothing().values(rows)))

    word = _tag(name)
    return Act("tag", change, _FAST, {"tag": word})


def untag(name: str) -> Act:
    def change(s: Session, ids: list[int]) -> int:
        return _count(
            s.execute(delete(SubscriberTag).where(SubscriberTag.tag == word, SubscriberTag.subscriber_id.in_(ids)))
        )

    word = _tag(name)
    return Act("untag", change, _FAST, {"tag": word})


def move_to(leave: str, join: str, *, because: str, actor: str) -> Act:
    """Who left the new list, or is stopped there, stays where they are. Raises BadInput without a ground."""
    ground = need_basis(because, "--because")

    def one(s: Session, person: Subscriber) -> None:
        move(s, person, leave, join, because=ground, actor=actor)

    return Act("move", _each(one), _SLOW, {"to": join, "because": ground})


def opt_out_of(list_slug: str, *, actor: str) -> Act:
    def one(s: Session, person: Subscriber) -> None:
        list_id, source = get_list(s, list_slug).id, "tipsheet subscriber bulk opt-out"
        opt_out(s, address_key=person.address_key, list_id=list_id, how="command", source=source, actor=actor)

    return Act("opt-out", _each(one), _SLOW, {})


def erase_all(keys: Keys, *, because: str, actor: str) -> Act:
    def one(s: Session, person: Subscriber) -> None:
        erase(s, keys, person, because=because, actor=actor)

    return Act("erase", _each(one), _SLOW, {"because": because})


def _each(one: Callable[[Session, Subscriber], None]) -> Change:
    """Whom it is refused for is passed over, with nothing written."""

    def change(s: Session, ids: list[int]) -> int:
        done = 0
        rows = select(Subscriber).where(Subscriber.id.in_(ids)).order_by(Subscriber.id).with_for_update()
        for person in s.scalars(rows.execution_options(populate_existing=True)).all():
            try:
                with s.begin_nested():
                    one(s, person)
            except Refused:
                continue
            done += 1
        return done

    return change


def _on(list_id: int) -> Select[int]:
    """Who is on the list and has not left it."""
    return (
        select(Subscription.subscriber_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.list_id == list_id, Subscription.state != "withdrawn", Subscriber.email != "")
    )


def _tag(name: str) -> str:
    if not (word := clean(name)):
        raise BadInput("A tag needs a name; give one such as runner")
    return word


def _count(result: Any) -> int:
    return int(result.rowcount)
