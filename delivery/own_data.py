"""Everything about one person in one document: what subscribers/own_data.py says, and what became of each mail."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery.models import Delivery, Event, Run
from delivery.trail import trail
from subscribers.models import List, Subscriber
from subscribers.own_data import own_data


def document(s: Session, person: Subscriber) -> bytes:
    """As JSON, indented for people."""
    known = {**own_data(s, person), "mails": _mails(s, person)}
    return orjson.dumps(known, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z)


def _mails(s: Session, person: Subscriber) -> list[dict[str, Any]]:
    query = (
        select(Run.id, Run.public_id, List.name, Run.frozen_at)
        .join(Delivery, Delivery.run_id == Run.id)
        .join(List, List.id == Run.list_id)
        .where(Delivery.subscriber_id == person.id)
        .order_by(Run.id)
    )
    return [
        {"mail": run, "list": name, "at": at, "state": _state(s, number, person), "events": _events(s, number, person)}
        for number, run, name, at in s.execute(query)
    ]


def _state(s: Session, run_id: int, person: Subscriber) -> str:
    found = trail(s, run_id, person.id)
    return found.verdict if found else ""


def _events(s: Session, run_id: int, person: Subscriber) -> list[dict[str, Any]]:
    mine = select(Event).where(Event.run_id == run_id, Event.subscriber_id == person.id).order_by(Event.at)
    return [{"at": event.at, "event": event.kind, "detail": event.detail} for event in s.scalars(mine)]
