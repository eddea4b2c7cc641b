"""The way back: spool what the web hook brought, then apply it. Repeating or reordering changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from base.database import Database, database_now
from delivery.applying import apply
from delivery.models import Spooled
from delivery.providers.sendgrid import webhook
from subscribers.keys import Keys

log = logging.getLogger(__name__)

BODIES = 10  # a transaction: about 10,000 events, well under the time that one may hold the write lock
PARSERS = {"sendgrid": webhook.parse}  # a new provider is one line here
# The urgent one is asked at each claim: made once.
_OPEN = select(Spooled.id).where(Spooled.set_aside.is_(False))
_ANY, _ANY_URGENT = select(_OPEN.exists()), select(_OPEN.where(Spooled.urgent.is_(True)).exists())


def spool(s: Session, provider: str, body: bytes, *, urgent: bool) -> None:
    """Keep a verified body. Once this is committed the provider may be told 200."""
    s.add(Spooled(received_at=database_now(s), provider=provider, urgent=urgent, body=body))


def drain(db: Database, keys: Keys, *, urgent_only: bool = False) -> int:
    """Apply up to ten waiting bodies, oldest first. Returns how many left the spool."""
    with db.write() as s:
        waiting = _waiting(s, urgent_only)
        if not waiting:
            return 0
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
    return bool(s.scalar(_ANY_URGENT))


def is_empty(s: Session) -> bool:
    return not s.scalar(_ANY)


def waiting(s: Session) -> int:
    """How many bodies are still to be applied."""
    return s.scalar(select(func.count()).where(Spooled.set_aside.is_(False))) or 0


def set_aside(s: Session) -> int:
    return s.scalar(select(func.count()).where(Spooled.set_aside.is_(True))) or 0


def set_aside_since(s: Session, began: datetime) -> bool:
    """Was something since then that nobody could read? It may hold news of whatever began at that time."""
    unread = select(Spooled.id).where(Spooled.set_aside.is_(True), Spooled.received_at >= began)
    return bool(s.scalar(select(unread.exists())))


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
    apply(s, keys, [one for body in bodies for one in PARSERS[body.provider](body.body)], bodies[0].received_at)
