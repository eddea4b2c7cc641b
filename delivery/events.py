"""The way back: spool what the web hook brought, then apply it. Repeating or reordering changes nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from base.database import Database, database_now
from base.errors import BadInput
from base.time import to_ms
from delivery.erasing import erased_among
from delivery.ledger.record import prove
from delivery.models import Event, Run, Spooled
from delivery.outcomes import Flag, Turned, merge
from delivery.providers.news import News
from delivery.providers.sendgrid import webhook
from subscribers import consent, suppression
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.keys import Keys
from subscribers.profiles import Seen, roll_up

log = logging.getLogger(__name__)

BODIES = 10  # a transaction: about 10,000 events, well under the time that one may hold the write lock
PARSERS = {"sendgrid": webhook.parse}  # a new provider is one line here

_DEEDS: dict[Flag, Literal["opened", "clicked"]] = {Flag.OPENED: "opened", Flag.CLICKED: "clicked"}

# Another drain may have kept the same event at this moment, out of another body: that is no trouble of this body.
_KEEP = """
INSERT INTO events (key, run_id, subscriber_id, attempt, kind, at, detail, provider_event_id)
VALUES (:key, :run_id, :subscriber_id, :attempt, :kind, :at, :detail, :provider_event_id)
ON CONFLICT (key) DO NOTHING
"""


def spool(s: Session, provider: str, body: bytes, *, urgent: bool) -> None:
    """Keep a verified body. Once this is committed the provider may be told 200."""
    s.add(Spooled(received_at=database_now(s), provider=provider, urgent=urgent, body=body))


def drain(db: Database, keys: Keys, *, urgent_only: bool = False) -> int:
    """Apply up to ten waiting bodies, oldest first. Returns how many left the spool."""
    with db.write() as s:
        waiting = _waiting(s, urgent_only)
        ids = [row.id for row in waiting]
        try:
            with s.begin_nested():
                _apply(s, keys, waiting)
        except OperationalError:
            raise  # the database's trouble, not the body's: it stays in the spool
        except Exception as trouble:
            if len(waiting) > 1:
                log.warning("one of %s bodies cannot be applied; going one by one", len(waiting))
                return sum(_apply_alone(s, keys, row) for row in waiting)
            _put_aside(waiting[0], trouble)
            return 1
        s.execute(delete(Spooled).where(Spooled.id.in_(ids)))
        return len(ids)


def has_urgent(s: Session) -> bool:
    """Are opt-outs or complaints waiting? They are applied before the next claim."""
    return _waits(s, Spooled.urgent.is_(True))


def is_empty(s: Session) -> bool:
    return not _waits(s)


def waiting(s: Session) -> int:
    """How many bodies are still to be applied."""
    return s.scalar(select(func.count()).where(Spooled.set_aside.is_(False))) or 0


def set_aside(s: Session) -> int:
    return s.scalar(select(func.count()).where(Spooled.set_aside.is_(True))) or 0


def set_aside_since(s: Session, began: datetime) -> bool:
    """Was something since then that nobody could read? It may hold news of whatever began at that time."""
    unread = select(Spooled.id).where(Spooled.set_aside.is_(True), Spooled.received_at >= began)
    return bool(s.scalar(select(unread.exists())))


def _waits(s: Session, *which: Any) -> bool:
    return bool(s.scalar(select(select(Spooled.id).where(Spooled.set_aside.is_(False), *which).exists())))


def _waiting(s: Session, urgent_only: bool) -> Sequence[Spooled]:
    query = select(Spooled).where(Spooled.set_aside.is_(False)).order_by(Spooled.id).limit(BODIES)
    if urgent_only:
        query = query.where(Spooled.urgent.is_(True))
    return s.scalars(query.with_for_update(skip_locked=True)).all()


def _apply_alone(s: Session, keys: Keys, row: Spooled) -> int:
    try:
        with s.begin_nested():
            _apply(s, keys, [row])
            s.delete(row)
    except OperationalError:
        raise
    except Exception as trouble:
        _put_aside(row, trouble)
    return 1


def _put_aside(row: Spooled, trouble: Exception) -> None:
    log.error("spool=%s cannot be applied and is set aside: %s", row.id, trouble)
    row.set_aside, row.trouble = True, str(trouble)[:500]


def _apply(s: Session, keys: Keys, bodies: Sequence[Spooled]) -> None:
    news = {one.natural_key: one for body in bodies for one in PARSERS[body.provider](body.body)}
    if not news:
        return
    known: set[bytes] = set()
    ordered = list(news)
    for start in range(0, len(ordered), 500):
        known.update(s.scalars(select(Event.key).where(Event.key.in_(ordered[start : start + 500]))))
    fresh = [one for key, one in news.items() if key not in known]
    runs = _runs(s, {one.run for one in fresh if one.run})
    received = bodies[0].received_at
    for attempt in sorted({one.attempt for one in fresh if one.attempt}):
        prove(s, attempt, "an event of this attempt", received)
    _keep(s, fresh, runs)
    _turn_flags(s, fresh, runs)
    for one in fresh:
        if one.stop or one.opted_out:
            _stop(s, keys, one, runs)


def _runs(s: Session, public_ids: set[str]) -> dict[str, tuple[int, int]]:
    query = select(Run.public_id, Run.id, Run.list_id).where(Run.public_id.in_(public_ids))
    return {public: (run, lst) for public, run, lst in s.execute(query)}


def _keep(s: Session, fresh: list[News], runs: dict[str, tuple[int, int]]) -> None:
    erased = erased_among(s, [one.subscriber_id for one in fresh if one.subscriber_id is not None])
    rows: list[dict[str, object]] = [
        {
            "key": one.natural_key,
            "run_id": runs[one.run][0] if one.run in runs else None,
            "subscriber_id": one.subscriber_id,
            "attempt": one.attempt,
            "kind": one.kind,
            "at": to_ms(one.at),
            "detail": "" if one.subscriber_id in erased else one.detail,
            "provider_event_id": one.provider_event_id,
        }
        for one in sorted(fresh, key=lambda one: one.natural_key)  # one order: no two drains wait in a ring
    ]
    if rows:
        s.execute(text(_KEEP), rows)


def _turn_flags(s: Session, fresh: list[News], runs: dict[str, tuple[int, int]]) -> None:
    turned = [
        Turned(runs[one.run][0], one.subscriber_id, one.flag, one.at)
        for one in fresh
        if one.flag and one.run in runs and one.subscriber_id is not None
    ]
    merge(s, turned)
    roll_up(s, [Seen(one.subscriber_id, _DEEDS[one.flag], one.at) for one in turned if one.flag in _DEEDS])


def _stop(s: Session, keys: Keys, one: News, runs: dict[str, tuple[int, int]]) -> None:
    """A stop belongs to the address that the event names, whoever holds it now."""
    try:
        address = parse_address(one.email)
    except BadInput:
        return
    key, wide = address_key(keys, address), wide_key(keys, address)
    on_list = runs[one.run][1] if one.run in runs else None
    source = f"provider: {one.kind}"
    if one.stop:
        # The stop outlives the person, so what a mail server said must not name them.
        words = f"{source} {re.sub(re.escape(one.email), '…', one.detail, flags=re.IGNORECASE)}"[:200]
        suppression.suppress(s, key, one.stop, source=words, at=one.at, wide=wide)  # type: ignore[arg-type]
    if one.opted_out:
        where = None if one.everywhere else on_list
        by = {"how": one.kind, "source": source, "actor": "provider"}
        consent.opt_out(s, address_key=key, list_id=where, at=one.at, wide=wide, **by)
