"""The texts that people agreed to, for a person to read. They are written by evidence.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.errors import NotFound
from subscribers.models import Wording


@dataclass(frozen=True)
class Text:
    number: int
    version: str  # the hash that evidence and proofs name it by
    text: str
    language: str
    controller: str
    privacy_url: str
    first_used: datetime


def all_texts(s: Session) -> list[Text]:
    return [_text(each) for each in s.scalars(select(Wording).order_by(Wording.id))]


def get_text(s: Session, number: int) -> Text:
    """Raises NotFound."""
    found = s.get(Wording, number)
    if found is None:
        raise NotFound(f"There is no wording {number}; see them with: tipsheet consent wording")
    return _text(found)


def _text(row: Wording) -> Text:
    return Text(row.id, row.hash, row.text, row.language, row.controller, row.privacy_url, row.first_used)
