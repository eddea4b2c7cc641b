"""Stops on many addresses, as another service's export brings them. One stop is suppression.py's or consent.py's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import to_ms
from subscribers import journal
from subscribers.consent import opt_out
from subscribers.models import FormerAddress, Subscriber, Suppression
from subscribers.suppression import Reason, suppress


class ToStop(NamedTuple):
    key: bytes
    wide: bytes | None
    reason: Reason
    list_id: int | None  # None: every list


def known_among(s: Session, stops: Sequence[ToStop]) -> list[ToStop]:
    """Those whose address somebody here has or had: for them a stop is more than one row, and takes longer."""
    keys = [each.key for each in stops]
    held = set(s.scalars(select(Subscriber.address_key).where(Subscriber.address_key.in_(keys))))
    held |= set(s.scalars(select(FormerAddress.address_key).where(FormerAddress.address_key.in_(keys))))
    return [each for each in stops if each.key in held]


def stop_known(s: Session, stops: Iterable[ToStop], *, how: str, source: str, actor: str) -> None:
    """Each as if it were told by hand: an opt-out withdraws, too."""
    for key, wide, reason, list_id in stops:
        if reason == "opt-out":
            opt_out(s, address_key=key, list_id=list_id, how=how, source=source, actor=actor, wide=wide)
        else:
            suppress(s, key, reason, list_id=list_id, source=source, wide=wide)


def stop_unknown(s: Session, stops: Sequence[ToStop], *, source: str) -> None:
    """All at once. Whoever is added meanwhile is stopped all the same: mailable() asks for each address."""
    wanted = dict.fromkeys(
        (key, each.reason, each.list_id) for each in stops for key in (each.key, each.wide) if key is not None
    )
    there = _active(s, {key for key, _, _ in wanted})
    at = database_now(s)
    rows: list[dict[str, Any]] = []
    for key, reason, list_id in wanted:
        if (key, reason, list_id) not in there:
            rows.append({"address_key": key, "reason": reason, "list_id": list_id, "at": at, "source": source})
            journal.note(s, journal.STOPPED, key=key.hex(), list=list_id, reason=reason, at=to_ms(at))
    if rows:
        s.execute(insert(Suppression), rows)


def _active(s: Session, keys: Iterable[bytes]) -> set[tuple[bytes, str, int | None]]:
    columns = (Suppression.address_key, Suppression.reason, Suppression.list_id)
    query = select(*columns).where(Suppression.address_key.in_(list(keys)), Suppression.lifted_at.is_(None))
    return {(row.address_key, row.reason, row.list_id) for row in s.execute(query)}
