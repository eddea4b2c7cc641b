"""The audit log: who changed what, from what to what. Written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from subscribers.models import Change

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Changed:
    """One row, as it is read. Both sides are empty where the person was erased."""

    id: int
    at: datetime
    actor: str
    action: str
    about: str
    before: Facts
    after: Facts


def record(
    s: Session,
    *,
    actor: str,
    action: str,
    about: str,
    subscriber_id: int | None = None,
    before: Facts | None = None,
    after: Facts | None = None,
) -> None:
    """`action` is the command's words, such as `subscriber edit`; `about` a name, for a person their id.

    What is personal may stand only where `subscriber_id` is given: an erasure finds it by that.
    """
    row = Change(at=database_now(s), actor=actor, action=action, about=about, subscriber_id=subscriber_id)
    row.before, row.after = _written(before), _written(after)
    s.add(row)
    s.flush()


def differences(before: Facts, after: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides of what is not the same in them; a name that is missing on one side is missing there."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return ({n: before[n] for n in names if n in before}, {n: after[n] for n in names if n in after})


def read(
    s: Session, *, about: str | None = None, subscriber_id: int | None = None, since: datetime | None = None, most: int
) -> list[Changed]:
    """The newest `most`, the oldest of them first. A person is found by their id or as what a row is about."""
    query = select(Change).order_by(Change.id.desc()).limit(most)
    asked = [Change.about == about] if about else []
    if subscriber_id is not None:
        asked.append(Change.subscriber_id == subscriber_id)
    if asked:
        query = query.where(or_(*asked))
    if since is not None:
        query = query.where(Change.at >= since)
    return [_read(row) for row in reversed(s.scalars(query).all())]


def forget(s: Session, subscriber_id: int) -> int:
    """Empty what is personal in the rows about one person. That something was changed, when and by whom stays."""
    told = or_(Change.before != "", Change.after != "")
    mine = update(Change).where(Change.subscriber_id == subscriber_id, told).values(before="", after="")
    return int(s.execute(mine.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _written(facts: Facts | None) -> str:
    return orjson.dumps(dict(facts), default=str).decode() if facts else ""


def _read(row: Change) -> Changed:
    before, after = (orjson.loads(text) if text else {} for text in (row.before, row.after))
    return Changed(row.id, row.at, row.actor, row.action, row.about, before, after)
