"""The empty row that stays of a person who was erased or merged: the ledger names it for ever, and it tells nothing."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from subscribers.fields.custom import SLOTS
from subscribers.models import Profile, Subscriber, SubscriberTag

_KEY = 32


def empty(s: Session, person: Subscriber) -> None:
    """Nobody to mail, nothing to know. Their key becomes one that no address has."""
    person.email = person.first_name = person.last_name = person.zone = person.locale = ""
    person.custom, person.wide_key, person.address_key = {}, None, secrets.token_bytes(_KEY)
    nothing = dict.fromkeys(("last_opened", "last_clicked", *SLOTS["t"], *SLOTS["n"]))
    s.execute(update(Profile).where(Profile.subscriber_id == person.id).values(source="", **nothing))
    s.execute(delete(SubscriberTag).where(SubscriberTag.subscriber_id == person.id))
    s.flush()
