"""Whom findings are about: they name rows and numbers, and whoever looks into one needs the person."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from subscribers.models import Consent, Subscriber
from subscribers.proof.agreement import Finding

_OF_ONE_CONSENT = ("row", "row added", "personal part")


def concerned(s: Session, findings: Iterable[Finding]) -> dict[int, str]:
    """Their addresses by their numbers; empty for who was erased."""
    found = list(findings)
    rows = [each.row for each in found if each.what in _OF_ONE_CONSENT]
    behind = select(Consent.subscriber_id).where(Consent.id.in_(rows))
    named = [each.subscriber for each in found]
    people = select(Subscriber.id, Subscriber.email).order_by(Subscriber.id)
    return dict(s.execute(people.where(or_(Subscriber.id.in_(behind), Subscriber.id.in_(named)))).all())
