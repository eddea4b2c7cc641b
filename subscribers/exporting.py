"""People, consents and stops as rows for a file, read as they are written out: a million take no more memory than one.

How a file holds them is sheets.py; reading such a file back is importing/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, true
from sqlalchemy.orm import Session

from subscribers.keys import stored_address_fingerprint
from subscribers.models import (
    Consent,
    CustomField,
    Evidence,
    List,
    Profile,
    Subscriber,
    Subscription,
    Suppression,
    Wording,
)
from subscribers.people import tags_of

Row = Mapping[str, Any]

PAGE = 2_000  # rows in memory
# Ours begin with the product's name: a custom field may be called state.
STATE, SINCE, SOURCE = "tipsheet_state", "tipsheet_since", "tipsheet_source"
_PLAIN = ("email", "first_name", "last_name", "zone", "locale")
CONSENT_COLUMNS = (
    *("id", "email", "list", "purpose", "state", "at", "how", "wording", "language", "controller", "privacy_url"),
    *("source", "actor", "jurisdiction", "voids", "personal", "digest"),
)
SUPPRESSION_COLUMNS = ("address_key", "email", "list", "reason", "at", "source", "key_of")


def subscriber_columns(s: Session) -> tuple[str, ...]:
    custom = s.scalars(select(CustomField.name).order_by(CustomField.name))
    return (*_PLAIN, "joined", "tags", *custom, STATE, SINCE, SOURCE)


def subscribers(s: Session, list_id: int, chosen: Select[int] | None = None) -> Iterator[Row]:
    """Everybody who is or was on the list and has an address, in a steady order; with `chosen`, ids, those of them."""
    query = (
        select(*_PERSON, Subscription.state, Subscription.since, Profile.joined, Profile.source)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .join(Profile, Profile.subscriber_id == Subscriber.id)
        .where(Subscription.list_id == list_id, Subscriber.email != "")
        .where(true() if chosen is None else Subscriber.id.in_(chosen))
        .order_by(Subscriber.id)
    )
    for page in _pages(s, query):
        tags = tags_of(s, [row.id for row in page])
        for row in page:
            fixed = {name: getattr(row, name) for name in _PLAIN}
            ours = {STATE: row.state, SINCE: _utc(row.since), SOURCE: row.source}
            told = {"joined": _utc(row.joined), "tags": ";".join(tags.get(row.id, ()))}
            yield {**row.custom, **fixed, **told, **ours}


def consents(s: Session, list_id: int | None = None) -> Iterator[Row]:
    """Every consent row with the evidence for it, oldest first."""
    shared = (Evidence.how, Evidence.source, Evidence.actor, Evidence.jurisdiction)
    shown = (Wording.text.label("wording"), Wording.language, Wording.controller, Wording.privacy_url)
    own = (Consent.id, Consent.purpose, Consent.state, Consent.at, Consent.voids, Consent.personal, Consent.digest)
    query = (
        select(*own, Subscriber.email, List.slug.label("list"), *shared, *shown)
        .join(Subscriber, Subscriber.id == Consent.subscriber_id)
        .join(List, List.id == Consent.list_id)
        .join(Evidence, Evidence.id == Consent.evidence_id)
        .join(Wording, Wording.id == Evidence.wording_id)
        .where(true() if list_id is None else Consent.list_id == list_id)
        .order_by(Consent.id)
    )
    for page in _pages(s, query):
        for row in page:
            yield {**row._asdict(), "at": _utc(row.at), "digest": row.digest.hex() if row.digest else ""}


def suppressions(s: Session) -> Iterator[Row]:
    """Every stop that holds now: under its key, and with the address where somebody has it. No list: every list."""
    query = (
        select(Suppression.address_key, Subscriber.email, List.slug, Suppression.reason, Suppression.at)
        .add_columns(Suppression.source)
        .outerjoin(Subscriber, Subscriber.address_key == Suppression.address_key)
        .outerjoin(List, List.id == Suppression.list_id)
        .where(Suppression.lifted_at.is_(None))
        .order_by(Suppression.id)
    )
    key_of = stored_address_fingerprint(s)  # so that no other installation takes these for keys of its own
    for page in _pages(s, query):
        for key, email, slug, reason, at, source in page:
            cells = key.hex(), email or "", slug or "", reason, _utc(at), source, key_of
            yield dict(zip(SUPPRESSION_COLUMNS, cells, strict=True))


_PERSON = (Subscriber.id, *(getattr(Subscriber, name) for name in _PLAIN), Subscriber.custom)


def _pages(s: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    return s.execute(query.execution_options(yield_per=PAGE)).partitions(PAGE)


def _utc(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
