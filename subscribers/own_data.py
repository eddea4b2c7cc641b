"""Everything that these tables know about one person, for that person, as plain data. Mails are delivery's part."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from subscribers.models import Change, Consent, Evidence, List, Profile, SignUp, Subscriber, Subscription, Wording
from subscribers.people import tags_of
from subscribers.suppression import stops

_PROFILE = ("joined", "source", "last_opened", "last_clicked")


def own_data(s: Session, person: Subscriber) -> dict[str, Any]:
    profile = s.get(Profile, person.id)
    details = ("email", "first_name", "last_name", "zone", "locale", "custom")
    return {
        **{name: getattr(person, name) for name in details},
        "tags": tags_of(s, [person.id]).get(person.id, []),
        **{name: getattr(profile, name, None) for name in _PROFILE},
        "lists": _lists(s, person),
        "consents": _consents(s, person),
        "stops": [{"reason": each.reason, "at": each.at, "source": each.source} for each in _stops(s, person)],
        "sign_ups": _sign_ups(s, person),
        "changes": _changes(s, person),
    }


def _lists(s: Session, person: Subscriber) -> list[dict[str, Any]]:
    columns = ("state", "since", "opens_since", "paused_until", "frequency")
    query = select(List.name, *(getattr(Subscription, name) for name in columns))
    query = query.join(Subscription, Subscription.list_id == List.id).where(Subscription.subscriber_id == person.id)
    return [dict(zip(("list", *columns), row, strict=True)) for row in s.execute(query.order_by(List.name))]


def _consents(s: Session, person: Subscriber) -> list[dict[str, Any]]:
    query = (
        select(
            List.name.label("list"),
            Consent.purpose,
            Consent.state,
            Consent.at,
            Evidence.how,
            Evidence.source,
            Wording.text.label("wording"),
            Wording.controller,
            Consent.personal,
        )
        .join(List, List.id == Consent.list_id)
        .join(Evidence, Evidence.id == Consent.evidence_id)
        .join(Wording, Wording.id == Evidence.wording_id)
        .where(Consent.subscriber_id == person.id)
        .order_by(Consent.id)
    )
    return [{**row, "personal": _facts(row["personal"])} for row in s.execute(query).mappings()]


def _stops(s: Session, person: Subscriber) -> Any:
    return stops(s, person.address_key, wide=person.wide_key)


def _sign_ups(s: Session, person: Subscriber) -> list[dict[str, Any]]:
    query = select(SignUp).where(SignUp.address_key == person.address_key, SignUp.email != "").order_by(SignUp.id)
    names = ("email", "asked_at", "expires_at", "sent_at", "reminded_at")
    return [
        {**{name: getattr(row, name) for name in names}, **_facts(row.fields), "personal": _facts(row.personal)}
        for row in s.scalars(query)
    ]


def _changes(s: Session, person: Subscriber) -> list[dict[str, Any]]:
    """What was done; not by whom, who is a person, too."""
    query = select(Change).where(Change.subscriber_id == person.id).order_by(Change.id)
    return [
        {"at": row.at, "action": row.action, "before": _facts(row.before), "after": _facts(row.after)}
        for row in s.scalars(query)
    ]


def _facts(text: str) -> Any:
    return orjson.loads(text) if text else {}
