"""People made up for tests, put in by the same functions that the commands use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers.consent import allow_opens
from subscribers.keys import Keys
from subscribers.lists import add_list
from subscribers.models import List, Subscriber
from subscribers.people import add_subscriber, find

EVIDENCE: dict[str, Any] = {"how": "form", "source": "the sign-up form", "actor": "test"}
CONSENT: dict[str, Any] = {"wording": "Yes, send me the monthly tips.", **EVIDENCE}


def a_list(s: Session, slug: str = "tips") -> List:
    return add_list(s, slug, slug.title())


def a_person(
    s: Session, keys: Keys, email: str = "ann@example.com", list_slug: str = "tips", **more: Any
) -> Subscriber:
    return add_subscriber(s, keys, email, list_slug=list_slug, **{**CONSENT, **more})


def says_of_opens(s: Session, keys: Keys, email: str, *, allowed: bool, list_slug: str = "tips") -> None:
    """Agrees that opening this list's mails is seen, or takes that back."""
    person, lst = find(s, keys, email), s.scalars(select(List).where(List.slug == list_slug)).one()
    assert person is not None
    allow_opens(s, person, lst.id, allowed=allowed, **CONSENT)
