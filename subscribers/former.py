"""Addresses that people had before: by their keys alone, so that old links and complaints still find the person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from subscribers.models import FormerAddress, Subscriber


def holders(s: Session, address_key: bytes, *, lock: bool = False) -> list[Subscriber]:
    """Who has this address now, then who had it before; locked in the order of their ids."""
    found = _find(s, address_key, lock)
    # Who waited for a change of address to be committed sees the address of before in the next question only.
    while lock and (again := _find(s, address_key, lock)) != found:
        found = again
    return sorted(found, key=lambda person: person.address_key != address_key)


def _find(s: Session, address_key: bytes, lock: bool) -> list[Subscriber]:
    had = list(s.scalars(select(FormerAddress.subscriber_id).where(FormerAddress.address_key == address_key)))
    # Ids, not a subquery: PostgreSQL would read everybody for one inside an OR.
    query = select(Subscriber).where(or_(Subscriber.address_key == address_key, Subscriber.id.in_(had)))
    query = query.order_by(Subscriber.id).execution_options(populate_existing=True)
    return list(s.scalars(query.with_for_update() if lock else query))


def keys_of(s: Session, subscriber_id: int) -> list[bytes]:
    """Of every address that they had before."""
    return list(s.scalars(select(FormerAddress.address_key).where(FormerAddress.subscriber_id == subscriber_id)))


def keep(s: Session, address_key: bytes, subscriber_id: int, until: datetime) -> None:
    insert = sqlite.insert if s.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"address_key": address_key, "subscriber_id": subscriber_id, "until": until}
    s.execute(insert(FormerAddress).values(row).on_conflict_do_nothing())


def hand_over(s: Session, loser_id: int, winner_id: int) -> None:
    """What led to one leads to the other, people merged into the first included."""
    both = select(FormerAddress.address_key).where(FormerAddress.subscriber_id == winner_id)
    theirs = FormerAddress.subscriber_id == loser_id
    s.execute(delete(FormerAddress).where(theirs, FormerAddress.address_key.in_(both)))
    s.execute(update(FormerAddress).where(theirs).values(subscriber_id=winner_id))
    s.execute(update(Subscriber).where(Subscriber.merged_into == loser_id).values(merged_into=winner_id))


def forget(s: Session, subscriber_id: int, address_key: bytes | None = None) -> None:
    """All of them, or one that is theirs again."""
    mine = delete(FormerAddress).where(FormerAddress.subscriber_id == subscriber_id)
    s.execute(mine if address_key is None else mine.where(FormerAddress.address_key == address_key))
