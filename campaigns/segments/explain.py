"""Why a rule holds for one person or not: each part of it, whether it is true, and what the person has there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.models import Segment
from campaigns.segments.deeds import deeds_of
from campaigns.segments.evaluate import evaluate
from campaigns.segments.grammar import parse
from campaigns.segments.resolve import Resolved, resolve
from campaigns.segments.tree import (
    All,
    Did,
    DidIn,
    DidLately,
    Empty,
    HasTag,
    InSegment,
    Not,
    OnList,
    Rule,
    Some,
    leaves,
    parts,
)
from campaigns.segments.words import describe
from subscribers.models import List, Profile, Subscriber, SubscriberTag, Subscription


@dataclass(frozen=True)
class Part:
    """One part of a rule; those that it is made of follow it, one deeper."""

    depth: int
    rule: str
    true: bool
    has: str = ""  # what the person has there; empty for what is made of parts


def explain(s: Session, resolved: Resolved, subscriber_id: int, was: Mapping[str, Any] | None = None) -> list[Part]:
    """The whole rule first, then its parts. `was`: values that they had, where those of another time are meant."""
    person = {**facts_of(s, subscriber_id, resolved.rule), **(was or {})}
    return list(_explained(s, parse(resolved.text, resolved.fields), resolved, person, 0))


def facts_of(s: Session, subscriber_id: int, rule: Rule) -> dict[str, Any]:
    """One person as evaluate() wants it, as far as the rule asks."""
    row = s.get_one(Subscriber, subscriber_id)
    held = select(Subscription.list_id, Subscription.state).where(Subscription.subscriber_id == subscriber_id)
    asked = [(each.deed, run) for each in leaves(rule) if isinstance(each, DidIn) for run in each.runs]
    tags = select(SubscriberTag.tag).where(SubscriberTag.subscriber_id == subscriber_id).order_by(SubscriberTag.tag)
    fixed = {name: getattr(row, name) for name in ("email", "first_name", "last_name", "zone", "locale")}
    profile = s.get_one(Profile, subscriber_id)
    return {
        "source": profile.source,
        "joined": _day(profile.joined),
        "opened": _day(profile.last_opened),
        "clicked": _day(profile.last_clicked),
        **fixed,
        **row.custom,
        "tags": list(s.scalars(tags)),
        "lists": dict(s.execute(held).all()),
        "deeds": deeds_of(s, subscriber_id, asked),
    }


def _explained(s: Session, rule: Rule, of: Resolved, person: dict[str, Any], depth: int) -> Iterator[Part]:
    resolved = resolve(s, rule, of.fields)
    yield Part(depth, describe(rule), evaluate(resolved, person, of.fields), _has(s, rule, resolved, person))
    inner = parts(rule)
    if isinstance(rule, InSegment):
        kept = s.scalars(select(Segment.rule).where(Segment.slug == rule.slug)).one()
        inner = (parse(kept, of.fields),)
    elif isinstance(rule, Not) and not isinstance(rule.rule, All | Some | InSegment):
        inner = ()
    for each in inner:
        yield from _explained(s, each, of, person, depth + 1)


def _has(s: Session, rule: Rule, resolved: Rule, person: dict[str, Any]) -> str:
    condition, found = (rule.rule, resolved.rule) if isinstance(rule, Not) else (rule, resolved)  # type: ignore[union-attr]
    match condition:
        case All() | Some() | InSegment():
            return ""
        case HasTag() | Empty("tag"):
            return ", ".join(person["tags"]) or "no tag"
        case OnList():
            return ", ".join(f"{slug} {state}" for slug, state in _lists(s, person)) or "on no list"
        case Did(deed) | DidLately(deed):
            return _deeds(s, deed, found, person)
        case _:
            return str(person.get(condition.field, "")) or "empty"  # type: ignore[union-attr]


def _lists(s: Session, person: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for number, slug in s.execute(select(List.id, List.slug).where(List.id.in_(person["lists"])).order_by(List.slug)):
        yield slug, person["lists"][number]


def _deeds(s: Session, deed: str, resolved: Rule, person: dict[str, Any]) -> str:
    runs = resolved.runs if isinstance(resolved, DidIn) else ()
    done = sum((deed, run) in person["deeds"] for run in runs)
    return f"{deed} {done} of {len(runs)}"


def _day(instant: datetime | None) -> str:
    return instant.astimezone(UTC).date().isoformat() if instant else ""
