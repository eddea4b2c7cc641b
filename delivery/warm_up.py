"""The warm-up of a sender that mailboxes do not know yet: so many people a day, more each day on which it sends.

Counted are days on which something was sent, not those of the calendar: whoever sends once a month is as new on the
second day as two months later. It is one more limit a day, in delivery/pace.py, whose number changes with the days.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import accumulate

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from base.config import Config
from base.database import database_now
from delivery.brake_models import Pace, WarmUp
from delivery.models import Batch

LIMIT = -1  # the run_id of its limit: it holds for all runs, beside that of the configuration


def follow(s: Session, config: Config) -> None:
    """What the configuration says from now on, for all processes. A sender that comes back goes on where it was."""
    sender, caps = _sender(config), config.warm_up.caps
    limit = s.get(Pace, LIMIT, with_for_update=True, populate_existing=True)
    running = s.scalar(select(WarmUp).where(WarmUp.running))
    mine = s.get(WarmUp, sender)
    if not caps and running is None:
        return
    if limit and running and (running is not mine or not caps):
        running.days += _sent(limit)
        s.delete(limit)
        s.flush()
        limit = None
    s.execute(update(WarmUp).values(running=False))
    if caps:
        _begin(s, mine or WarmUp(sender=sender, days=0), limit, config)


def next_day(s: Session, limit: Pace) -> None:
    """The day of the limit is over: it counts if something was sent, and the next brings its own number."""
    mine = s.scalars(select(WarmUp).where(WarmUp.running)).one()
    mine.days += _sent(limit)
    limit.per_day = _cap(json.loads(mine.caps), mine.days)


def is_on(s: Session, config: Config) -> bool:
    """Is the sender still new? Then those who clicked or opened last go first."""
    return bool(config.warm_up.caps) and _days_before(s, config) < len(config.warm_up.caps)


def days_for(s: Session, config: Config, people: int, run_id: int | None = None) -> int:
    """On how many days so many more leave, today among them, after those who wait already. 1 without a warm-up."""
    if not is_on(s, config):
        return 1
    others = Batch.state == "planned", Batch.run_id != (run_id or 0)
    left = people + int(s.scalar(select(func.sum(Batch.size)).where(*others)) or 0)
    return 1 + sum(full < left for full in accumulate(rooms(s, config)))


def rooms(s: Session, config: Config) -> Iterator[int]:
    """How many may leave today, tomorrow and so on, as far as the warm-up goes; afterwards it sets no limit."""
    if not is_on(s, config):
        return
    caps, before = config.warm_up.caps, _days_before(s, config)
    limit = _limit(s, config)
    today = bool(limit and limit.day_ends_at and database_now(s) < limit.day_ends_at)
    yield max(limit.remaining, 0) if limit and today else caps[before]
    yield from caps[before + 1 :]


def _begin(s: Session, mine: WarmUp, limit: Pace | None, config: Config) -> None:
    caps = config.warm_up.caps
    mine.running, mine.caps = True, json.dumps(caps)
    s.add(mine)
    cap, zone = _cap(caps, mine.days), config.pace.day_zone or config.campaigns.zone
    if limit and not cap:
        s.delete(limit)
    elif limit is None and cap:
        now = database_now(s)
        limit = Pace(run_id=LIMIT, per_hour=0, next_at=now, per_day=cap, zone=zone, day_ends_at=None, remaining=cap)
        s.add(limit)
    elif limit:
        limit.remaining += cap - limit.per_day
        limit.per_day, limit.zone = cap, zone
    s.flush()


def _days_before(s: Session, config: Config) -> int:
    """On which it sent, up to yesterday."""
    mine = s.get(WarmUp, _sender(config))
    limit = _limit(s, config)
    over = limit and limit.day_ends_at and database_now(s) >= limit.day_ends_at
    return (mine.days if mine else 0) + (_sent(limit) if limit and over else 0)


def _limit(s: Session, config: Config) -> Pace | None:
    mine = s.get(WarmUp, _sender(config))
    return s.get(Pace, LIMIT) if mine and mine.running else None


def _sent(limit: Pace) -> int:
    """1 when something left on the day that the limit is about."""
    return int(limit.day_ends_at is not None and limit.remaining < limit.per_day)


def _cap(caps: Sequence[int], days: int) -> int:
    """0 once it is warm: no limit of its own."""
    return caps[days] if days < len(caps) else 0


def _sender(config: Config) -> str:
    """A domain through a provider: mailboxes learn to know both."""
    domain = config.delivery.from_email.rpartition("@")[2].lower()
    kind = config.delivery.provider
    return f"{domain} through {config.sendgrid.base_url if kind == 'sendgrid' else kind}"
