"""Putting what a rule names into it: numbers of lists and runs, days for `within 90 days`, other segments' rules."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from base.database import database_now
from base.errors import BadInput, NotFound
from campaigns.models import Campaign, Segment
from campaigns.segments.grammar import check_size, parse
from campaigns.segments.tree import (
    All,
    Between,
    Did,
    DidIn,
    DidLately,
    Holds,
    InSegment,
    Not,
    OnList,
    Rule,
    Some,
    Within,
    every,
    opposite,
    some,
)
from delivery.models import Run
from subscribers.fields.custom import Field, all_fields
from subscribers.models import List

_Number = TypeVar("_Number", int, int | None)

MOST_INSIDE = 10  # segments that name each other in a row


@dataclass(frozen=True)
class Resolved:
    """A rule that can be asked of people, and the custom fields that it is to be read with."""

    text: str
    rule: Rule
    fields: Mapping[str, Field]


def read_rule(s: Session, text: str, *, inside: tuple[str, ...] = ()) -> Resolved:
    """A rule as it is meant at this moment. Raises BadInput, NotFound. `inside`: the segments that it stands in."""
    fields = all_fields(s)
    return Resolved(text, resolve(s, parse(text, fields), fields, inside=inside), fields)


def resolve(s: Session, rule: Rule, fields: Mapping[str, Field], *, inside: tuple[str, ...] = ()) -> Rule:
    """The same rule without names."""
    resolved = _Resolver(s, fields, database_now(s).date()).resolve(rule, inside)
    check_size(resolved)
    return resolved


class _Resolver:
    def __init__(self, s: Session, fields: Mapping[str, Field], today: date) -> None:
        self._s, self._fields, self._today = s, fields, today

    def resolve(self, rule: Rule, inside: tuple[str, ...]) -> Rule:
        match rule:
            case All(rules):
                return every([self.resolve(each, inside) for each in rules])
            case Some(rules):
                return some([self.resolve(each, inside) for each in rules])
            case Not(inner):
                return opposite(self.resolve(inner, inside))
            case Within(field, days, ahead):
                length = timedelta(days=days)
                first, last = (self._today, self._today + length) if ahead else (self._today - length, self._today)
                return Between(field, first, last)
            case OnList(lists, state):
                return Holds(tuple(self._numbers(lists, List.slug, List.id, "list")), state)
            case InSegment(slug):
                return self._segment(slug, inside)
            case Did(deed, campaigns):
                runs = self._numbers(campaigns, Campaign.slug, Campaign.run_id, "campaign")
                return DidIn(deed, tuple(run for run in runs if run is not None))
            case DidLately(deed, count, slug):
                return DidIn(deed, self._last(count, slug))
            case _:
                return rule

    def _segment(self, slug: str, inside: tuple[str, ...]) -> Rule:
        if slug in inside:
            trail = " → ".join((*inside[inside.index(slug) :], slug))
            raise BadInput(f"The segment {slug} would stand in itself ({trail}); take it out of one of them")
        if len(inside) >= MOST_INSIDE:
            raise BadInput(f"More than {MOST_INSIDE} segments stand in each other ({' → '.join(inside)}); use fewer")
        found = self._s.scalar(select(Segment.rule).where(Segment.slug == slug))
        if found is None:
            raise _missing(self._s, slug, Segment.slug, "segment")
        rule = self.resolve(parse(found, self._fields), (*inside, slug))
        check_size(rule)  # at each step: segments that double each other would never be counted at the end
        return rule

    def _numbers(
        self, slugs: Iterable[str], slug: InstrumentedAttribute[str], number: InstrumentedAttribute[_Number], what: str
    ) -> list[_Number]:
        wanted = list(dict.fromkeys(slugs))
        found = dict(self._s.execute(select(slug, number).where(slug.in_(wanted))).all())
        for each in wanted:
            if each not in found:
                raise _missing(self._s, each, slug, what)
        return [found[each] for each in wanted]

    def _last(self, count: int, slug: str | None) -> tuple[int, ...]:
        """Frozen ones: a campaign that is being launched is none of its own last."""
        query = select(Run.id).join(Campaign, Campaign.run_id == Run.id)
        query = query.where(Run.frozen_at.is_not(None), Campaign.cancelled_at.is_(None))
        if slug is not None:
            query = query.where(Run.list_id == self._numbers([slug], List.slug, List.id, "list")[0])
        return tuple(self._s.scalars(query.order_by(Campaign.launched_at.desc(), Run.id.desc()).limit(count)))


def _missing(s: Session, name: str, slug: InstrumentedAttribute[str], what: str) -> NotFound:
    close = difflib.get_close_matches(name, s.scalars(select(slug)), n=1, cutoff=0.7)
    hint = f"did you mean {close[0]}?" if close else f"see them with: tipsheet {what} list"
    return NotFound(f"There is no {what} {name[:80]!r} (the rule names it); {hint}")
