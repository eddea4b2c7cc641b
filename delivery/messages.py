"""Rendered messages as plain data, each stored once by its hash."""

from __future__ import annotations

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from delivery.models import Run, StoredMessage
from delivery.slots import Message


def store(s: Session, message: Message) -> int:
    known = s.scalar(select(StoredMessage.id).where(StoredMessage.hash == message.hash))
    if known is not None:
        return known
    row = StoredMessage(hash=message.hash, body=orjson.dumps(message.to_dict()).decode(), created_at=database_now(s))
    s.add(row)
    s.flush()
    return row.id


def load(s: Session, message_id: int) -> Message:
    return Message.from_dict(orjson.loads(s.get_one(StoredMessage, message_id).body))


def of_run(s: Session, public_id: str) -> Message | None:
    """What the run with this public id sends; None where there is no such run."""
    found = s.scalar(select(Run.message_id).where(Run.public_id == public_id))
    return None if found is None else load(s, found)
