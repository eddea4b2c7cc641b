"""Segments under a name. Only the rule's text is kept: it is read anew whenever it is used."""

from __future__ import annotations

import re
from difflib import get_close_matches

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import BadInput, NotFound
from campaigns.models import Segment
from campaigns.segments.grammar import parse
from campaigns.segments.resolve import Resolved, read_rule
from campaigns.segments.tree import HasTag, leaves
from campaigns.slugs import check_slug
from subscribers.fields.custom import all_fields
from subscribers.people import first_tags, known_tags

_LIKE_A_SLUG = re.compile(r"[a-z0-9-]+")


def add_segment(s: Session, slug: str, rule: str) -> Segment:
    """Raises BadInput for a rule that cannot be read or names what is not there, Refused for a slug that is taken."""
    check_slug(slug)
    read_rule(s, rule, inside=(slug,))
    segment = Segment(slug=slug, rule=rule.strip(), added_at=database_now(s))
    taken = f"The segment {slug} is there already; choose another name, or change it with: tipsheet segment edit {slug}"
    add_new(s, segment, taken)
    return segment


def edit_segment(s: Session, slug: str, rule: str) -> Segment:
    """Give it another rule, for every campaign that has not been launched yet. Raises as add_segment() does."""
    segment = get_segment(s, slug)
    read_rule(s, rule, inside=(slug,))
    segment.rule = rule.strip()
    s.flush()
    return segment


def get_segment(s: Session, slug: str) -> Segment:
    """Raises NotFound."""
    found = _find(s, slug)
    if found is None:
        raise NotFound(f"There is no segment {slug[:80]!r}; see them with: tipsheet segment list")
    return found


def all_segments(s: Session) -> list[Segment]:
    return list(s.scalars(select(Segment).order_by(Segment.slug)))


def chosen(s: Session, rule_or_slug: str) -> Resolved:
    """A rule that somebody typed, or a segment by its name. Raises BadInput, NotFound."""
    # No rule is a single word, so the two cannot be mistaken for one another.
    if _LIKE_A_SLUG.fullmatch(rule_or_slug):
        return read_rule(s, get_segment(s, rule_or_slug).rule, inside=(rule_or_slug,))
    return read_rule(s, rule_or_slug)


def doubt(s: Session, rule: str) -> str:
    """What may be wrong with a rule that can be read: a field, a choice or a tag that nobody has, yet; or ''."""
    try:
        tree = parse(rule, all_fields(s), strict=True)
    except BadInput as cause:
        return cause.sentence
    asked = {each.tag for each in leaves(tree) if isinstance(each, HasTag)}
    if not (unknown := sorted(asked - known_tags(s, asked))):
        return ""
    meant = get_close_matches(unknown[0], first_tags(s), n=1, cutoff=0.7)
    return f"Nobody has the tag {unknown[0]}{f'; did you mean {meant[0]}?' if meant else ' yet'}"


def unreadable(s: Session) -> dict[str, str]:
    """Segments that cannot be used any more, such as after a change of a field's type, each with the reason."""
    found = {}
    for segment in all_segments(s):
        try:
            read_rule(s, segment.rule, inside=(segment.slug,))
        except (BadInput, NotFound) as cause:
            found[segment.slug] = cause.sentence
    return found


def _find(s: Session, slug: str) -> Segment | None:
    return s.scalar(select(Segment).where(Segment.slug == slug))
