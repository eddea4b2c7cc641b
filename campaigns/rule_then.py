"""A segment's rule and one person's values as they were when an audience was frozen, as far as the audit log tells.

Nothing is stored for it: a copy of what a rule asks of each of a million people would be a second database.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.errors import BadInput, NotFound
from campaigns.models import Segment
from campaigns.segments.explain import Part, explain
from campaigns.segments.resolve import Resolved, read_rule
from delivery.trail import Step
from subscribers import audit

_MOST = 10_000  # changes after a freeze that are looked at
_FIXED = ("email", "first_name", "last_name", "zone", "locale", "tags")
_UNSAID = (
    "by the values that are on record the rule says otherwise: something it asks for has changed since that the audit "
    "log does not have by person, such as an import, a bulk change, opens and clicks, or days gone by"
)


def rule_steps(s: Session, segment: Segment, person: int, then: datetime | None, *, inside: bool) -> list[Step]:
    """What the rule asked of this person and what they had; `then`: when the audience was frozen, None for now.

    `inside`: how the freeze decided. What cannot be reconciled with that is said, never smoothed over.
    """
    rule = rule_as_of(s, segment, then)
    try:
        asked = read_rule(s, rule, inside=(segment.slug,))
    except (BadInput, NotFound) as cause:
        return [Step(then, "rule", f"{segment.slug}: {rule}; it cannot be read any more: {cause.sentence}")]
    was = values_as_of(s, asked, person, then)
    parts = explain(s, asked, person, was)
    steps = [Step(then, "rule", f"{segment.slug}: {rule}")]
    steps += [Step(then, "rule", _said(part)) for part in parts if part.has]
    if parts[0].true is not inside:
        steps.append(Step(then, "rule", _UNSAID))
    return steps


def rule_as_of(s: Session, segment: Segment, then: datetime | None) -> str:
    """What the first edit after it changed; without one, what it is now."""
    edits = audit.read(s, about=segment.slug, since=then, most=_MOST) if then else []
    before = (str(row.before["rule"]) for row in edits if row.action == "segment edit" and "rule" in row.before)
    return next(before, segment.rule)


def values_as_of(s: Session, asked: Resolved, person: int, then: datetime | None) -> Mapping[str, Any]:
    """Only those that were changed since, by a person or by themselves."""
    was: dict[str, Any] = {}
    for row in audit.read(s, subscriber_id=person, since=then, most=_MOST) if then else []:
        for name in {*row.before, *row.after} & {*_FIXED, *asked.fields}:
            was.setdefault(name, row.before.get(name, [] if name == "tags" else ""))
    return was


def _said(part: Part) -> str:
    return f"{part.rule}: {'true' if part.true else 'not true'}, has {part.has}"
