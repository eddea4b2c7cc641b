"""What bodies of events change, in one transaction: a hot loop, so rows go by the thousand and past the ORM.

What comes in is known by its natural key, and everything written is merged: repetition and order do not matter.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from base.errors import BadInput
from base.time import from_ms
from delivery.arrays import add_rows
from delivery.clicks import judge
from delivery.erasing import erased_among
from delivery.ledger.record import prove
from delivery.models import Attempt, Run
from delivery.opens import not_to_be_seen
from delivery.outcomes import Flag, Merged, merge_all, merge_one
from delivery.providers.news import News
from subscribers import consent
from subscribers.addresses import address_key, parse_address, wide_key
from subscribers.keys import Keys
from subscribers.profiles import Seen, roll_up
from subscribers.suppression import Befallen, suppress, suppress_many

log = logging.getLogger(__name__)

Runs = dict[str, tuple[int, int]]  # public id → id, list

# Another drain may keep the same event at this moment, out of another body: whoever comes second learns it here.
_KEEP = """
INSERT INTO events (key, run_id, subscriber_id, attempt, kind, at, detail, provider_event_id)
SELECT * FROM {rows} WHERE true ON CONFLICT (key) DO NOTHING RETURNING key
"""
_TYPES = ("bytea", "int", "int", "text", "text", "bigint", "text", "text")


def apply(s: Session, keys: Keys, news: Sequence[News], received: datetime) -> int:
    """Returns how many were new."""
    by_key = {one.natural_key: one for one in news}
    runs = _runs(s, {one.run for one in by_key.values() if one.run})
    attempts = _attempts(s, {one.attempt for one in by_key.values() if one.attempt})
    unseen = {key: by_key.pop(key) for key in not_to_be_seen(s, by_key, runs, attempts.tracked)}
    fresh = _keep(s, by_key, runs)
    told_of = {one.attempt for one in (*fresh, *unseen.values()) if one.attempt}
    _prove(s, told_of - attempts.proved, received)
    _turn_flags(s, fresh, runs, attempts.tracked)
    _tell_forced(sum(one.attempt not in attempts.tracked for one in unseen.values()))
    _stop(s, keys, [one for one in fresh if one.stop or one.opted_out], runs)
    _tell_unknown(fresh)
    return len(fresh)


def opens_not_kept(s: Session, by_key: Mapping[bytes, News]) -> list[bytes]:
    """The keys of those that change nothing, however often they are told: opens that nobody agreed to have seen."""
    runs = _runs(s, {one.run for one in by_key.values() if one.run})
    attempts = _attempts(s, {one.attempt for one in by_key.values() if one.attempt})
    return not_to_be_seen(s, by_key, runs, attempts.tracked)


def _runs(s: Session, public_ids: set[str]) -> Runs:
    query = select(Run.public_id, Run.id, Run.list_id).where(Run.public_id.in_(public_ids))
    return {public: (run, lst) for public, run, lst in s.execute(query)} if public_ids else {}


class _Attempts(NamedTuple):
    proved: set[str]  # and heard of: most are
    tracked: set[str]  # left with open tracking


def _attempts(s: Session, ids: set[str]) -> _Attempts:
    done = and_(Attempt.verdict == "accepted", Attempt.first_event_at.is_not(None))
    rows = s.execute(select(Attempt.id, done, Attempt.tracks_opens).where(Attempt.id.in_(ids))).all() if ids else ()
    return _Attempts({id for id, proved, _ in rows if proved}, {id for id, _, tracked in rows if tracked})


def _keep(s: Session, news: dict[bytes, News], runs: Runs) -> list[News]:
    """Those that were not known."""
    erased = erased_among(s, [one.subscriber_id for one in news.values() if one.subscriber_id and one.detail])
    of_run = {public: run for public, (run, _) in runs.items()}
    rows: list[object] = []
    for key in sorted(news):  # one order: no two drains wait in a ring
        kind, _, at, _, _, _, _, _, attempt, run, person, detail, provider_event_id, _ = news[key]
        said = "" if person in erased else detail
        rows += (key, of_run.get(run) if run else None, person, attempt, kind, at, said, provider_event_id)
    return [news[bytes(key)] for key in add_rows(s, _KEEP, rows, _TYPES)]


def _prove(s: Session, attempts: set[str], received: datetime) -> None:
    for attempt in sorted(attempts):
        prove(s, attempt, "an event of this attempt", received)


def _turn_flags(s: Session, fresh: list[News], runs: Runs, tracked: set[str]) -> None:
    merged: Merged = {}
    clicked: set[tuple[int, int]] = set()
    arrived: set[tuple[int, int]] = set()
    opened: list[Seen] = []
    for one in fresh:
        if not one.flag or one.run not in runs or one.subscriber_id is None:
            continue
        whose = runs[one.run][0], one.subscriber_id
        merge_one(merged, whose, one.flag | Flag.TRACKED if one.attempt in tracked else one.flag, one.at_ms)
        if one.flag == Flag.CLICKED:
            clicked.add(whose)
        elif one.flag == Flag.OPENED:
            opened.append(Seen(one.subscriber_id, "opened", from_ms(one.at_ms)))
        elif one.flag == Flag.DELIVERED:
            arrived.add(whose)
    merge_all(s, merged)
    roll_up(s, opened)
    judge(s, clicked, arrived)


def _stop(s: Session, keys: Keys, stopping: list[News], runs: Runs) -> None:
    """A stop belongs to the address that the event names, whoever holds it now."""
    befallen: list[Befallen] = []
    for one in stopping:
        try:
            address = parse_address(one.email)
        except BadInput:
            continue
        key, wide, at = address_key(keys, address), wide_key(keys, address), from_ms(one.at_ms)
        # The stop outlives the person, so what a mail server said must not name them.
        detail = re.sub(re.escape(one.email), "…", one.detail, flags=re.IGNORECASE)
        words = f"provider: {one.kind} {detail}"[:200]
        if one.stop == "hard bounce":
            befallen.append(Befallen(key, "hard bounce", at, words, wide))
        elif one.stop:
            suppress(s, key, one.stop, source=words, at=at, wide=wide)  # type: ignore[arg-type]
        if one.opted_out:
            where = runs[one.run][1] if one.run in runs and not one.everywhere else None
            by = {"how": one.kind, "source": f"provider: {one.kind}", "actor": "provider"}
            consent.opt_out(s, address_key=key, list_id=where, at=at, wide=wide, **by)
    suppress_many(s, befallen)


def _tell_forced(opens: int) -> None:
    if opens:
        log.warning(
            "opens=%s are told of mails that left without open tracking, and are not kept; "
            "turn Open Tracking off in SendGrid's settings",
            opens,
        )


def _tell_unknown(fresh: list[News]) -> None:
    for kind, number in Counter(one.kind for one in fresh if not one.is_known).items():
        log.warning("events=%s are of a kind that Tipsheet does not know, %r; they are kept", number, kind)
