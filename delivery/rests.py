"""When an account of the provider takes nothing for a while: it asks us to slow down, or its credits are used up.

Whatever the run, nothing is claimed for it meanwhile. It goes on by itself: at the time that the provider named, or
when a probe is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, text, update
from sqlalchemy.orm import Session

from base.database import database_now
from base.time import from_ms, to_ms
from delivery.brake_models import Rest

_LONG_AGO = from_ms(0)
LONGEST = timedelta(hours=1)  # that a provider's word for "later" is believed

# Whoever rests already goes on resting; that its credits are used up is not forgotten because it is also busy.
_REST = """
INSERT INTO rests (account, since, until, exhausted, words) VALUES (:account, :now, :until, :exhausted, :words)
ON CONFLICT (account) DO UPDATE SET until = excluded.until, exhausted = excluded.exhausted, words = excluded.words,
    since = CASE WHEN rests.exhausted OR rests.until > excluded.since THEN rests.since ELSE excluded.since END
WHERE excluded.exhausted OR NOT rests.exhausted
"""


def rest(s: Session, account: str, until: datetime, words: str) -> None:
    """The account is asked for nothing before that time."""
    _begin(s, account, until, words, exhausted=False)


def exhaust(s: Session, account: str, words: str) -> None:
    """Its credits are used up: nothing more until a probe is taken."""
    _begin(s, account, database_now(s), words, exhausted=True)


def end(s: Session, account: str) -> None:
    s.execute(delete(Rest).where(Rest.account == account))


def in_words(one: Rest) -> str:
    if one.exhausted:
        return (
            f"the provider takes nothing: {one.words}; it is asked again now and then ([pace] ask_again), and all of "
            "it goes on by itself as soon as there are credits"
        )
    return f"the provider asks for a rest: {one.words}; goes on at {one.until:%Y-%m-%d %H:%M:%S} UTC"


def is_turn(s: Session, account: str, every: timedelta) -> bool:
    """Is it time to ask whether an account without credits has some again? Looking takes no lock."""
    return s.scalar(select(Rest.account).where(*_due(s, account, every))) is not None


def take_turn(s: Session, account: str, every: timedelta) -> bool:
    """Ours to ask; False where another service was quicker."""
    asked = update(Rest).where(*_due(s, account, every)).values(until=database_now(s))
    return bool(s.execute(asked.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def ask_soon(s: Session) -> None:
    """A person has looked, and perhaps bought credits: do not wait for the next turn."""
    s.execute(update(Rest).where(Rest.exhausted.is_(True)).values(until=_LONG_AGO))


def catch_up(s: Session, now: datetime, ahead: datetime) -> None:
    """The clock was set back: a rest that began later than now is over, and credits are asked for at once."""
    s.execute(delete(Rest).where(Rest.exhausted.is_(False), Rest.since > ahead))
    s.execute(update(Rest).where(Rest.exhausted.is_(True), Rest.until > now).values(since=now, until=_LONG_AGO))


def resting(s: Session) -> Sequence[Rest]:
    """The accounts that take nothing at this moment."""
    now = database_now(s)
    return s.scalars(select(Rest).where(or_(Rest.exhausted.is_(True), Rest.until > now)).order_by(Rest.account)).all()


def _due(s: Session, account: str, every: timedelta) -> tuple[ColumnElement[bool], ...]:
    return Rest.account == account, Rest.exhausted.is_(True), Rest.until <= database_now(s) - every


def _begin(s: Session, account: str, until: datetime, words: str, *, exhausted: bool) -> None:
    now = database_now(s)
    facts = {"account": account, "now": to_ms(now), "until": to_ms(min(until, now + LONGEST)), "words": words[:500]}
    s.execute(text(_REST), {**facts, "exhausted": exhausted})
