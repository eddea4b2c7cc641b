"""Segments under a name. Only the rule's text is kept: it is read anew whenever it is used."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import BadInput, NotFound
from campaigns.models import Segment
from campaigns.segments.grammar import parse
from campaigns.segments.sql import to_sql
from campaigns.slugs import check_slug
from subscribers.fields import known_fields
from subscribers.suppression import mailable

_LIKE_A_SLUG = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True)
class Count:
    rule: str
    recipients: int  # on the list, may be mailed, and in the segment
    mailable: int  # on the list and may be mailed


def add_segment(s: Session, slug: str, rule: str) -> Segment:
    """Raises BadInput for a rule that cannot be read, Refused for a slug that is taken."""
    check_slug(slug)
    parse(rule)
    segment = Segment(slug=slug, rule=rule.strip(), added_at=database_now(s))
    add_new(s, segment, f"The segment {slug} is there already; choose another name")
    return segment


def get_segment(s: Session, slug: str) -> Segment:
    """Raises NotFound."""
    found = _find(s, slug)
    if found is None:
        raise NotFound(f"There is no segment {slug[:80]!r}; see them with: tipsheet segment list")
    return found


def doubt(s: Session, rule: str) -> str:
    """What may be wrong with a rule that can be read: a field that nobody has, yet; or ''."""
    try:
        parse(rule, known_fields(s))
    except BadInput as cause:
        return cause.sentence
    return ""


def all_segments(s: Session) -> list[Segment]:
    return list(s.scalars(select(Segment).order_by(Segment.slug)))


def count(s: Session, rule_or_slug: str, list_id: int) -> Count:
    """How many of a list a rule, or a segment by its name, would reach now."""
    rule = _rule(s, rule_or_slug)
    everybody = mailable(list_id)
    inside = everybody.where(to_sql(parse(rule)))
    return Count(rule, _size(s, inside), _size(s, everybody))


def _rule(s: Session, rule_or_slug: str) -> str:
    # No rule is a single word, so the two cannot be mistaken for one another.
    return get_segment(s, rule_or_slug).rule if _LIKE_A_SLUG.fullmatch(rule_or_slug) else rule_or_slug


def _find(s: Session, slug: str) -> Segment | None:
    return s.scalar(select(Segment).where(Segment.slug == slug))


def _size(s: Session, ids: Select[int]) -> int:
    return s.scalar(select(func.count()).select_from(ids.subquery())) or 0
