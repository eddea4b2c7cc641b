"""What needs a person at this moment: one cause each, and one sentence that says what to do. Nothing is stored here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from base.errors import Broken
from campaigns.alerts.record import Need, open_checks
from campaigns.articles.needs import needs as feed_needs
from campaigns.models import Campaign
from campaigns.series.needs import needs as series_needs
from campaigns.state import Progress, attention, progress, state
from delivery import heartbeat, installation, rests
from delivery.connect.dmarc import REPORTS, REPORTS_TO
from delivery.gauges import due
from delivery.ledger.counts import has_open_ends
from delivery.models import Attempt, Run
from delivery.seeds import lost

ELSEWHERE = "elsewhere"
SILENCE = timedelta(minutes=30)  # without an event after mails were taken
_SOON = timedelta(minutes=1)  # a worker that starts again needs nobody
_REMEMBERED = timedelta(days=1)  # older silence is history
_NOBODY = "(an address)"
_ADDRESS = re.compile(r"[^\s@<>,;:=()/\"']+@[^\s@<>,;:=()/\"']+")


def needs(s: Session, now: datetime, here: str, *, is_checked: bool = True, by_workers: bool = False) -> list[Need]:
    """Everything, as of now and here: sending as a whole, campaigns, series, feeds, what was last seen from outside.
    `is_checked`: whether mail leaves through what was looked at there; else that needs nobody. `by_workers`: whether
    it leaves by workers only."""
    found = list(_workers(s, now) if by_workers else ())
    found += [*_service(s, now, here), *_campaigns(s), *_copies(s, now), *_series(s, now), *_feeds(s, now)]
    found += _checks(s) if is_checked else ()
    return [Need(need.cause, _ADDRESS.sub(_hidden, need.words)) for need in found]


def _service(s: Session, now: datetime, here: str) -> Iterator[Need]:
    if words := installation.why_off(s):
        yield Need("sending off", words)
    # While a service runs, it sends from where it may; asking from another place needs nobody.
    if not heartbeat.is_recent(s) and (words := installation.elsewhere(s, here)):
        yield Need(ELSEWHERE, words)
    for one in rests.resting(s):
        if one.exhausted:
            yield Need("credits", f"Nothing leaves: {rests.in_words(one)}; tipsheet campaign resume asks at once")
    yield from _suppressions(s, now)
    last_event = s.scalar(select(func.max(Attempt.first_event_at)))
    taken = select(func.max(Attempt.answered_at)).join(Run, Run.id == Attempt.run_id)
    silent = Run.events_expected, Attempt.verdict == "accepted", Attempt.first_event_at.is_(None)
    lately = Attempt.answered_at.between(now - _REMEMBERED, now - SILENCE)
    last_taken = s.scalar(taken.where(*silent, lately))
    if last_taken and (last_event is None or last_event < last_taken):
        yield Need(
            "no events",
            "No event has come for 30 minutes although mails were taken, so nobody learns of bounces and complaints; "
            "find out why with: tipsheet doctor",
        )


def _workers(s: Session, now: datetime) -> Iterator[Need]:
    _, since = due(s, now)
    if since and since < now - _SOON and not heartbeat.workers(s):
        yield Need("no worker", "No worker is running, so nothing leaves; start one with: tipsheet worker")


def _suppressions(s: Session, now: datetime) -> Iterator[Need]:
    """An hour's failure mends itself; after a day people may be missing who complained meanwhile."""
    last = installation.last_pull(s)
    if last.trouble and last.expected_since < now - _REMEMBERED:
        yield Need(
            "suppressions not pulled",
            f"Whom the provider stopped could not be asked for more than a day ({last.trouble}); once that is mended, "
            "ask with: tipsheet suppression pull, or set [suppression] pull = false",
        )


def _campaigns(s: Session) -> Iterator[Need]:
    for campaign in s.scalars(_under_way()):
        try:
            yield from _campaign(s, campaign, progress(s, campaign))
        except Broken as cause:
            yield Need(f"campaign:{campaign.id}:sums", f"{campaign.slug}: {cause.sentence}")


def _under_way() -> Select[Campaign]:
    """What is over costs nothing: its rows are not counted again."""
    decided = Campaign.attention.is_not(None) | Campaign.paused_at.is_not(None) | Campaign.scheduled_for.is_not(None)
    waits = Campaign.run_id.is_(None) & Campaign.cancelled_at.is_(None) & decided
    query = select(Campaign).outerjoin(Run, Run.id == Campaign.run_id)
    return query.where(or_(waits, Campaign.attention.is_not(None), has_open_ends())).order_by(Campaign.id)


def _campaign(s: Session, campaign: Campaign, far: Progress | None) -> Iterator[Need]:
    cause = f"campaign:{campaign.id}"
    if words := attention(campaign, far):
        yield Need(f"{cause}:{_kind(campaign, far)}", f"{campaign.slug} needs attention: {words}")
    elif state(campaign, far) == "paused":
        yield Need(
            f"{cause}:paused",
            f"{campaign.slug} is paused; go on with: tipsheet campaign resume {campaign.slug}, or end it with: "
            f"tipsheet campaign cancel {campaign.slug}",
        )
    elif far and far.counts.planned and _has_stopped(s, campaign):
        yield Need(
            f"{cause}:stopped",
            f"{campaign.slug} stopped after requests without an answer and goes on when it is known what became of "
            f"them; see: tipsheet campaign status {campaign.slug}",
        )
    elif far is None and campaign.scheduled_for and not campaign.approved_at and not campaign.cancelled_at:
        yield Need(
            f"{cause}:approval",
            f"{campaign.slug} has a time and no approval, so it will not leave; look at it and approve it with: "
            f"tipsheet campaign approve {campaign.slug}",
        )


def _kind(campaign: Campaign, far: Progress | None) -> str:
    """Which of its troubles the words of attention() are about: another one is another cause."""
    if campaign.attention and not campaign.cancelled_at:
        return "attention"
    if far and far.twice:
        return "twice"
    return "undecided" if far and far.undecided else "held"


def _has_stopped(s: Session, campaign: Campaign) -> bool:
    """Is the breaker open?"""
    return bool((s.scalar(select(Run.doubts).where(Run.id == campaign.run_id)) or 0) > 1)


def _copies(s: Session, now: datetime) -> Iterator[Need]:
    """Nothing waits for them, so nobody would notice."""
    found = lost(s, now)
    for campaign in s.scalars(select(Campaign).where(Campaign.run_id.in_(found)).order_by(Campaign.id)):
        yield Need(
            f"campaign:{campaign.id}:copies",
            f"A copy of {campaign.slug} for colleagues did not leave, or nobody knows whether it did "
            f"({found[campaign.run_id or 0]}); recipients are not touched by that, see: "
            f"tipsheet campaign status {campaign.slug}",
        )


def _series(s: Session, now: datetime) -> Iterator[Need]:
    for need in series_needs(s, now):
        yield Need(f"series:{need.series}:{need.date}:{need.days}", need.sentence)


def _feeds(s: Session, now: datetime) -> Iterator[Need]:
    for need in feed_needs(s, now):
        yield Need(f"feed:{need.feed}", need.sentence)


def _checks(s: Session) -> Iterator[Need]:
    for cause, words in open_checks(s):
        yield Need(cause, words)


def _hidden(found: re.Match[str]) -> str:
    """Nobody's address is told on; the one that we propose for DMARC's reports is nobody's yet, and is the cure."""
    return found[0] if found.string[: found.start()].endswith(REPORTS) and found[0].startswith(REPORTS_TO) else _NOBODY
