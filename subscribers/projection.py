"""What consent rows come to: one pure fold, and the row of `subscriptions` that is written along with each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from subscribers.models import Consent, Subscription
from subscribers.proof.evidence import NOTHING_PERSONAL, Personal

Purpose = Literal["marketing", "open tracking"]
MARKETING: Purpose = "marketing"
OPENS: Purpose = "open tracking"

Pair = tuple[int, int]  # list and subscriber, as in the key of subscriptions


class Will(NamedTuple):
    """What the fold reads of one consent row."""

    id: int
    purpose: str
    state: str
    at: datetime
    voids: int | None = None


class Holds(NamedTuple):
    """What holds for one person and list."""

    state: str
    since: datetime
    consent_id: int
    opens_since: datetime | None


def fold(rows: Iterable[Will]) -> Holds | None:
    """What holds after these rows of one person and list, in the order of their ids. None: nothing was ever said."""
    held: Holds | None = None
    for _, after in _steps(rows):
        held = after
    return held


def spells_of_opens(rows: Iterable[Will]) -> list[tuple[datetime, datetime | None]]:
    """From when until when they agreed that opening is seen. Whatever is withdrawn, the list or this alone, ends all
    that was agreed before it was said, even if it had happened earlier: a complaint is told of late."""
    spells: list[tuple[datetime, datetime | None]] = []
    for row, held in _steps(rows):
        if row.state == "withdrawn":
            spells = [(begins, row.at if ends is None else min(ends, row.at)) for begins, ends in spells]
        elif row.purpose == OPENS and held is not None and held.opens_since is not None:
            spells.append((row.at, None))
    return spells


def _steps(rows: Iterable[Will]) -> Iterator[tuple[Will, Holds | None]]:
    """Each row that counts, with what holds after it."""
    said = list(rows)
    never_counted = {row.voids for row in said}
    held: Holds | None = None
    for row in said:
        if row.state != "void" and row.id not in never_counted:
            held = step(held, row)
            yield row, held


def step(held: Holds | None, row: Will) -> Holds | None:
    """What holds after one more row. Who leaves a list leaves with everything: being seen to open is asked anew."""
    if row.purpose == OPENS:
        if held is None or held.state == "withdrawn":
            return held
        return held._replace(opens_since=row.at if row.state == "confirmed" else None)
    stays = held is not None and row.state != "withdrawn"
    return Holds(row.state, row.at, row.id, held.opens_since if held and stays else None)


@dataclass(frozen=True)
class Said:
    """When and by which evidence."""

    evidence_id: int
    at: datetime
    personal: Personal = NOTHING_PERSONAL


def record(s: Session, subscriber_id: int, list_id: int, state: str, said: Said, purpose: Purpose = MARKETING) -> None:
    """Add one row, and bring the projection forward by it."""
    row = Consent(subscriber_id=subscriber_id, list_id=list_id, purpose=purpose, state=state, at=said.at)
    row.evidence_id = said.evidence_id
    row.personal, row.salt, row.digest = said.personal
    s.add(row)
    s.flush()
    _take_up(s, row)


def _take_up(s: Session, row: Consent) -> None:
    held = s.get(Subscription, (row.list_id, row.subscriber_id), populate_existing=True)
    before = Holds(held.state, held.since, held.consent_id, held.opens_since) if held else None
    after = step(before, Will(row.id, row.purpose, row.state, row.at))
    if after is None:
        return
    if held is None:
        held = Subscription(list_id=row.list_id, subscriber_id=row.subscriber_id)
        s.add(held)
    held.state, held.since, held.consent_id, held.opens_since = after
    s.flush()


def fold_again(s: Session, pairs: Iterable[Pair]) -> None:
    """Write what holds for exactly these, from all their rows: for when an earlier row no longer counts."""
    wanted = set(pairs)
    present = folded(s, wanted)
    held = set(s.execute(select(*_KEY).where(tuple_(*_KEY).in_(wanted))))
    rows = {pair: _columns(pair, holds) for pair, holds in present.items() if holds}
    if gone := held - rows.keys():
        s.execute(delete(Subscription).where(tuple_(*_KEY).in_(gone)))
    if changed := [row for pair, row in rows.items() if pair in held]:
        s.execute(update(Subscription), changed)
    if added := [row for pair, row in rows.items() if pair not in held]:
        s.execute(insert(Subscription), added)


def folded(s: Session, pairs: Iterable[Pair]) -> Mapping[Pair, Holds | None]:
    """What ought to hold for each of these."""
    pair = (Consent.list_id, Consent.subscriber_id)
    will = (Consent.id, Consent.purpose, Consent.state, Consent.at, Consent.voids)
    query = select(*pair, *will).where(tuple_(*pair).in_(set(pairs))).order_by(*pair, Consent.id)
    groups = groupby(s.execute(query), lambda row: (row.list_id, row.subscriber_id))
    return {each: fold(_will(row) for row in rows) for each, rows in groups}


def _will(row: Any) -> Will:
    return Will(row.id, row.purpose, row.state, row.at, row.voids)


_KEY = (Subscription.list_id, Subscription.subscriber_id)


def _columns(pair: Pair, holds: Holds) -> dict[str, object]:
    return {"list_id": pair[0], "subscriber_id": pair[1], **holds._asdict()}
