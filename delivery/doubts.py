"""Uncertain attempts of a run as a person looks at them: who is in them, what is known, what is waited for.

Nothing is settled here: that is settle.py, or a person by ledger/resolve.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.words import lasting
from delivery import events
from delivery.ledger.split import still_in
from delivery.models import Attempt, Batch, Delivery, Run
from delivery.providers.provider import Provider
from delivery.settle import Rules, heard_of_until
from subscribers.models import Subscriber

NOBODY = "somebody who is no longer there"


@dataclass(frozen=True)
class Doubt:
    """One attempt that left and was not answered in a way to be trusted."""

    batch: int
    attempt: str
    number: int  # which try of its batch
    began_at: datetime
    account: str  # base URL and key fingerprint: proof is asked of this one only
    answer: str  # what is known
    waits_for: tuple[str, ...]
    people: tuple[str, ...]


def doubts(s: Session, run_id: int, provider: Provider, rules: Rules) -> tuple[Doubt, ...]:
    """The oldest first. `provider`: the one that this installation is set up for now."""
    open_ones = select(Attempt, Batch).join(Batch, (Batch.run_id == Attempt.run_id) & (Batch.number == Attempt.batch))
    mine = open_ones.where(Attempt.run_id == run_id, Attempt.verdict == "uncertain")
    return tuple(
        Doubt(
            batch=batch.number,
            attempt=attempt.id,
            number=attempt.number,
            began_at=attempt.started_at,
            account=attempt.account,
            answer=attempt.evidence or "no answer",
            waits_for=tuple(_waits_for(s, attempt, batch, provider, rules)),
            people=_people(s, batch),
        )
        for attempt, batch in s.execute(mine.order_by(Attempt.started_at, Attempt.id))
    )


def in_doubt(s: Session, run_id: int) -> list[str]:
    """The ids of its uncertain attempts."""
    mine = Attempt.run_id == run_id, Attempt.verdict == "uncertain"
    return list(s.scalars(select(Attempt.id).where(*mine).order_by(Attempt.started_at, Attempt.id)))


def _waits_for(s: Session, attempt: Attempt, batch: Batch, provider: Provider, rules: Rules) -> list[str]:
    if attempt.account != provider.account:
        return [
            f"the account {attempt.account}, which it went to: this installation is set up for {provider.account}, and "
            "what that one knows proves nothing; set up the earlier one again, or decide"
        ]
    if provider.repeatable:
        return [f"the end of its lease, {attempt.lease_until:%F %T} UTC: a repeat overwrites, so it just leaves again"]
    found = [] if batch.accepted_by is None else ["proof that these people, whom another attempt reached, got it twice"]
    over = attempt.lease_until + rules.waiting
    if database_now(s) < over:
        found.append(f"the end of the waiting time, {over:%F %T} UTC")
    found += _way_back(s, attempt)
    if rules.by_proof:
        # The row of a service does not say since when it runs.
        found.append(
            "the provider's log, which is asked when nothing else is open; that it shows nothing is proof only when "
            f"the service has run for {lasting(rules.waiting)} since its start, or since the clock was set forward"
        )
    else:
        found.append('a person: with [delivery] settle = "hold" no silence is taken for loss')
    return found


def _way_back(s: Session, attempt: Attempt) -> list[str]:
    found = []
    if waiting := events.waiting(s):
        found.append(f"{waiting:,} bodies of events that came and are not applied yet; one may be the proof")
    if events.set_aside_since(s, attempt.started_at):
        found.append("a body of events that cannot be applied and may be the proof; see: tipsheet status")
    heard = heard_of_until(s, attempt.account)
    if heard is None or heard <= attempt.started_at:
        found.append("the web hook: an event of this attempt, or of a later one, which would show that events arrive")
    if not s.get_one(Run, attempt.run_id).events_expected:
        found.append("a person: no web hook was set up when it was launched, so no event is to be expected")
    return found


def _people(s: Session, batch: Batch) -> tuple[str, ...]:
    mine = (
        select(Subscriber.email)
        .select_from(Delivery)
        .outerjoin(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .where(*still_in(batch))
    )
    return tuple(email or NOBODY for email in s.scalars(mine.order_by(Delivery.subscriber_id)))
