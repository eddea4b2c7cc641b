"""What people decide about a campaign: approve, schedule, send, pause, resume, cancel, resolve. Each is on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from base.errors import BadInput, Broken, Refused
from base.time import at_wall, parse_wall
from base.words import counted
from campaigns import content
from campaigns.models import Campaign
from campaigns.plan import content_mark, draw_up, trouble
from campaigns.state import OVER, progress, state
from campaigns.times import zones
from delivery import ledger, messages
from delivery.ledger.resolve import resolve as resolve_run
from subscribers import journal


@dataclass(frozen=True)
class By:
    """Who decides, and whether they accept to send without the web hook."""

    actor: str
    without_events: bool = False


def approve(s: Session, campaign: Campaign, config: Config, by: By) -> None:
    """Freeze what it says and record what was planned. Raises Refused with every problem there is."""
    _not_begun(s, campaign, "approved")
    if config.campaigns.second_person and by.actor == campaign.added_by:
        raise Refused(f"{by.actor} made {campaign.slug}; another person has to approve it ([campaigns] second_person)")
    mail = content.render(s, campaign, config)
    planned = draw_up(s, campaign, config, mail, without_events=by.without_events)
    if planned.problems:
        raise Refused(f"{campaign.slug} cannot leave yet: " + "; ".join(planned.problems), problems=planned.problems)
    campaign.message_id = messages.store(s, mail.message)
    campaign.message_hash = mail.message.hash
    campaign.approved_at, campaign.approved_by = database_now(s), by.actor
    campaign.approved_plan = {
        "recipients": planned.recipients,
        "excluded": dict(planned.excluded),
        "content": content_mark(mail.message),
        "without_events": by.without_events,
    }
    if campaign.attention:
        campaign.attention = trouble(s, campaign, config) or None
    s.flush()


def schedule(
    s: Session,
    campaign: Campaign,
    config: Config,
    wall: str,
    zone: str,
    by: By,
    *,
    local: bool = False,
    over: timedelta | None = None,
) -> None:
    """At a wall time in a zone. Both are kept: what the zone's rules make of them is asked again before it is due.

    `local`: each person at that wall time in their own zone, who has none in this one. `over`: spread over so long.
    """
    _not_begun(s, campaign, "scheduled")
    at = _instant(wall, zone)
    campaign.wall, campaign.zone, campaign.local, campaign.over_seconds = wall.strip(), zone, local, _seconds(over)
    if local:
        at = _first_of_all(s, campaign, config)
    elif at <= database_now(s):
        raise Refused(f"{wall} in {zone} is over; give a time to come, or send it now with: tipsheet campaign send")
    _decide_time(s, campaign, config, at, by)


def send(s: Session, campaign: Campaign, config: Config, by: By, *, over: timedelta | None = None) -> None:
    """As soon as the service looks; `over`: spread over so long from then on."""
    _not_begun(s, campaign, "sent")
    campaign.wall = campaign.zone = None
    campaign.local, campaign.over_seconds = False, _seconds(over)
    _decide_time(s, campaign, config, database_now(s), by)


def pause(s: Session, campaign: Campaign) -> None:
    """From the commit on nothing more of it leaves; what is in flight ends as it ends."""
    _refuse(s, campaign, ("draft", *OVER), "pause")
    campaign.paused_at = database_now(s)
    journal.note(s, journal.DECIDED, run=campaign.public_id, decision="paused")
    if campaign.run_id:
        ledger.hold(s, campaign.run_id)


def resume(s: Session, campaign: Campaign, config: Config) -> None:
    """Go on after a pause, or after whatever needed attention was looked at. Raises Refused where it still does."""
    idle = () if campaign.run_id or campaign.paused_at or campaign.attention else ("approved", "scheduled")
    _refuse(s, campaign, ("draft", *idle, *OVER), "resume")
    campaign.paused_at = campaign.attention = None
    journal.note(s, journal.DECIDED, run=campaign.public_id, decision="resumed")
    if campaign.run_id:
        ledger.release(s, campaign.run_id)
    elif _is_due(s, campaign) and (found := trouble(s, campaign, config)):
        raise Refused(f"{campaign.slug} cannot go on: {found}")


def cancel(s: Session, campaign: Campaign) -> None:
    """Whoever has not been mailed will not be; who has been stays so."""
    _refuse(s, campaign, OVER, "cancel")
    campaign.cancelled_at = database_now(s)
    journal.note(s, journal.DECIDED, run=campaign.public_id, decision="cancelled")
    if campaign.run_id:
        ledger.drop(s, campaign.run_id)


def resolve(s: Session, campaign: Campaign, *, sent: bool, because: str, by: By) -> int:
    """A person's word for every uncertain batch. Returns how many batches it settled."""
    if not because.strip():
        raise Refused("Say why with --because: it stands on record beside your name")
    settled = resolve_run(s, campaign.run_id, sent=sent, because=because, by=by.actor) if campaign.run_id else 0
    if not settled:
        raise Refused(f"Nothing of {campaign.slug} is uncertain; see: tipsheet campaign status {campaign.slug}")
    return settled


def _instant(wall: str, zone: str) -> datetime:
    try:
        return at_wall(parse_wall(wall), zone)
    except OverflowError as cause:
        raise BadInput(f"{wall} is past the calendar; use a year up to 9998") from cause


def _first_of_all(s: Session, campaign: Campaign, config: Config) -> datetime:
    """When the first zone is due. Nobody's time may be over: it would be night there, or a day late."""
    try:
        rows, now = zones(s, campaign, config), database_now(s)
        if not (over := [row for row in rows if row.at <= now]):
            return rows[0].at
        wall = next(day for day in _days_from(campaign, now) if all(at_wall(day, row.clock) > now for row in rows))
    except OverflowError as cause:
        raise BadInput(f"{campaign.wall} is past the calendar; use a year up to 9998") from cause
    raise Refused(
        f"{campaign.wall} is over already for {sum(row.people for row in over):,} of "
        f"{counted(sum(row.people for row in rows), 'person', 'people')}, first in {over[0].clock}; the next day on "
        "which nobody's is: "
        f"'{wall:%Y-%m-%d %H:%M}'"
    )


def _days_from(campaign: Campaign, now: datetime) -> Iterator[datetime]:
    """The same time on each day from yesterday in UTC on."""
    wall = parse_wall(campaign.wall or "")
    return (datetime.combine(now.date() + timedelta(days=n), wall.time()) for n in range(-1, 9))


def _seconds(over: timedelta | None) -> int | None:
    return round(over.total_seconds()) if over else None


def _decide_time(s: Session, campaign: Campaign, config: Config, at: datetime, by: By) -> None:
    campaign.scheduled_for = at
    campaign.attention = campaign.paused_at = None
    if campaign.approved_plan is None:
        _approve_on_the_way(s, campaign, config, by)
    elif by.without_events:
        campaign.approved_plan = {**campaign.approved_plan, "without_events": True}
    if found := trouble(s, campaign, config):
        raise Refused(f"{campaign.slug} cannot leave: {found}")
    s.flush()


def _approve_on_the_way(s: Session, campaign: Campaign, config: Config, by: By) -> None:
    if config.campaigns.second_person:
        raise Refused(
            f"{campaign.slug} is not approved; another person than {campaign.added_by} does that with: "
            f"tipsheet campaign approve {campaign.slug}"
        )
    approve(s, campaign, config, by)


def _not_begun(s: Session, campaign: Campaign, what: str) -> None:
    if campaign.launched_at is not None or campaign.cancelled_at is not None:
        now = _standing(s, campaign).replace("_", " ")
        raise Refused(f"{campaign.slug} is {now} and cannot be {what} again; add a new campaign for another mailing")


def _refuse(s: Session, campaign: Campaign, where: tuple[str, ...], what: str) -> None:
    if (now := _standing(s, campaign)) in where:
        raise Refused(f"{campaign.slug} is {now.replace('_', ' ')}; there is nothing to {what}")


def _standing(s: Session, campaign: Campaign) -> str:
    """Its state. Counts that do not add up are no reason not to stop it: they are the best reason to."""
    try:
        return state(campaign, progress(s, campaign))
    except Broken:
        return "needs_attention"


def _is_due(s: Session, campaign: Campaign) -> bool:
    return campaign.scheduled_for is not None and campaign.scheduled_for <= database_now(s)
