"""Why did, or didn't, this person get it: every step that is on record, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import itemgetter

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import FrequencyConfig
from campaigns.models import Campaign, Exclusion, Segment
from campaigns.recipients import OUTSIDE, why_excluded
from campaigns.rule_then import rule_as_of, rule_steps
from campaigns.times import due_at
from delivery.ledger.frequency import NO_CAP
from delivery.models import Run
from delivery.trail import Step, trail
from subscribers.keys import Keys
from subscribers.models import Consent, Evidence, List, Subscriber
from subscribers.people import find

_TO_COME = datetime.max.replace(tzinfo=UTC)
_Answer = tuple[str, Sequence[Step]]


@dataclass(frozen=True)
class Why:
    """`verdict`: delivered accepted not_delivered refused skipped uncertain planned excluded unknown."""

    slug: str
    email: str
    verdict: str
    steps: tuple[Step, ...]


def why(s: Session, keys: Keys, campaign: Campaign, email: str, cap: FrequencyConfig = NO_CAP) -> Why:
    """Raises BadInput for what is no address."""
    person = find(s, keys, email)
    if person is None:
        return Why(campaign.slug, email, "unknown", (Step(None, "unknown", "nobody with this address is known"),))
    verdict, steps = (
        _in_ledger(s, campaign, person) or _left_out(s, campaign, person) or _to_come(s, campaign, person, cap)
    )
    return Why(campaign.slug, email, verdict, _by_time(_consents(s, campaign, person), steps))


def _consents(s: Session, campaign: Campaign, person: Subscriber) -> list[Step]:
    mine = Consent.subscriber_id == person.id, Consent.list_id == campaign.list_id
    columns = select(Consent.at, Consent.state, Evidence.how, Evidence.source)
    rows = s.execute(columns.join(Evidence, Evidence.id == Consent.evidence_id).where(*mine).order_by(Consent.id))
    return [Step(row.at, f"consent {row.state}", f"{row.how}: {row.source}") for row in rows]


def _in_ledger(s: Session, campaign: Campaign, person: Subscriber) -> _Answer | None:
    found = trail(s, campaign.run_id, person.id) if campaign.run_id else None
    if not found:
        return None
    first = Step(campaign.launched_at, "in the audience", "")
    steps = [_with_more(step, campaign.slug) for step in found.steps]
    return found.verdict, [first, *_rule(s, campaign, person, inside=True), *steps]


def _with_more(step: Step, slug: str) -> Step:
    """Which command tells what an uncertain mail waits for in particular."""
    if step.what != "uncertain":
        return step
    return replace(step, detail=f"{step.detail}; see: tipsheet campaign uncertain {slug}")


def _left_out(s: Session, campaign: Campaign, person: Subscriber) -> _Answer | None:
    if excluded := s.get(Exclusion, (campaign.id, person.id)):
        outside = excluded.reason == OUTSIDE
        words = f"{OUTSIDE} {_rule_then(s, campaign)}" if outside else excluded.reason
        steps = _rule(s, campaign, person, inside=False) if outside else []
        return "excluded", [Step(campaign.launched_at, "excluded", words), *steps]
    run = s.get_one(Run, campaign.run_id) if campaign.run_id else None
    if run and run.frozen_at:
        name = s.get_one(List, campaign.list_id).name
        return "excluded", [Step(run.frozen_at, "excluded", f"not on the list {name} when the audience was frozen")]
    if campaign.cancelled_at:
        words = "the campaign was cancelled before it had an audience"
        return "excluded", [Step(campaign.cancelled_at, "excluded", words)]
    return None


def _to_come(s: Session, campaign: Campaign, person: Subscriber, cap: FrequencyConfig) -> _Answer:
    if reason := why_excluded(s, campaign, person.id, cap):
        steps = _rule(s, campaign, person, inside=False) if reason.startswith(OUTSIDE) else []
        return "excluded", [*steps, Step(None, "excluded", f"{reason}, as of now")]
    steps = _rule(s, campaign, person, inside=True)
    if campaign.scheduled_for is None:
        return "planned", [*steps, Step(None, "planned", "would get it if it were sent now")]
    at = due_at(campaign, person.zone)
    return "planned", [*steps, Step(at, "planned", "will get it, as of now")]


def _rule(s: Session, campaign: Campaign, person: Subscriber, *, inside: bool) -> list[Step]:
    """What its segment asked of them; nothing where it went to the whole list."""
    segment = s.get_one(Segment, campaign.segment_id) if campaign.segment_id else None
    return rule_steps(s, segment, person.id, _frozen_at(s, campaign), inside=inside) if segment else []


def _rule_then(s: Session, campaign: Campaign) -> str:
    segment = s.get_one(Segment, campaign.segment_id)
    return f"{segment.slug}: {rule_as_of(s, segment, _frozen_at(s, campaign))}"


def _frozen_at(s: Session, campaign: Campaign) -> datetime | None:
    """None before the launch."""
    return (s.get_one(Run, campaign.run_id).frozen_at or campaign.launched_at) if campaign.run_id else None


def _by_time(*sources: Sequence[Step]) -> tuple[Step, ...]:
    """Merged, each source in its own order: what carries no time, or a mailbox's slow clock, stays in its place."""
    dated: list[tuple[datetime, Step]] = []
    for source in sources:
        last = source[0].at or _TO_COME if source else _TO_COME
        for step in source:
            last = max(last, step.at or last)
            dated.append((last, step))
    return tuple(step for _, step in sorted(dated, key=itemgetter(0)))
