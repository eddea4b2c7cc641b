"""What a database of before lacks and no step can make, as it takes keys: after a migration, or a restore."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from base.database import Database
from subscribers.addresses import wide_key
from subscribers.fields.retyping import promote_all
from subscribers.keys import Keys
from subscribers.models import Subscriber, Suppression
from subscribers.suppression import active_among

CHUNK = 1_000  # people a transaction
_GMAIL = ("%@gmail.com", "%@googlemail.com")
_PEOPLE = cast(Table, Subscriber.__table__)


def complete(db: Database, keys: Keys) -> None:
    """Gmail's people get their second key and their stops a copy under it, a chunk a transaction; fields get slots."""
    after: int | None = 0
    while after is not None:
        with db.write() as s:
            after = _some(s, keys, after)
    with db.write() as s:
        promote_all(s)


def complete_at_once(s: Session, keys: Keys) -> None:
    """The same in the transaction of `s`."""
    after: int | None = 0
    while after is not None:
        after = _some(s, keys, after)
    promote_all(s)


def _some(s: Session, keys: Keys, after: int) -> int | None:
    """The next people; the last one's id, None at the end."""
    lacking = select(_PEOPLE.c.id, _PEOPLE.c.email, _PEOPLE.c.address_key).where(
        _PEOPLE.c.id > after, _PEOPLE.c.wide_key.is_(None), or_(*(_PEOPLE.c.email.like(each) for each in _GMAIL))
    )
    people = s.execute(lacking.order_by(_PEOPLE.c.id).limit(CHUNK).with_for_update()).all()
    if not people:
        return None
    wide = {row.id: wide_key(keys, row.email) for row in people}
    change = update(_PEOPLE).where(_PEOPLE.c.id == bindparam("who")).values(wide_key=bindparam("wide"))
    s.execute(change, [{"who": who, "wide": key} for who, key in wide.items()])
    _copy_stops(s, {bytes(row.address_key): key for row in people if (key := wide[row.id])})
    return int(people[-1].id)


def _copy_stops(s: Session, wide: dict[bytes, bytes]) -> None:
    there = active_among(s, wide.values())
    held = select(Suppression).where(Suppression.address_key.in_(list(wide)), Suppression.lifted_at.is_(None))
    rows = {}
    for stop in s.scalars(held.order_by(Suppression.id)):
        key = wide[stop.address_key]
        if (key, stop.reason, stop.list_id) not in there:
            facts = {name: getattr(stop, name) for name in ("list_id", "reason", "at", "source")}
            rows[key, stop.reason, stop.list_id] = {"address_key": key, **facts}
    if rows:
        s.execute(insert(Suppression), list(rows.values()))
