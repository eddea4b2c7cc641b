"""All that is known of one person in one run, in order: the answer to "why did, or didn't, they get it"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery import outcomes
from delivery.brake_models import TriedAgain
from delivery.models import Attempt, Batch, Delivery, DeliveryException, Duplicate, Event, Outcome, Run

_BATCH_VERDICTS = {
    "planned": "planned",
    "leaving": "planned",
    "accepted": "accepted",
    "uncertain": "uncertain",
    "skipped": "skipped",
}
_FATE_VERDICTS = {
    "delivered": "delivered",
    "bounced": "not_delivered",
    "dropped": "not_delivered",
    "blocked": "not_delivered",
    "deferred": "accepted",
}
_STANDS = {
    "leaving": "with the provider at this moment",
    "uncertain": "no trustworthy answer came; proof of what became of it, or a person's word, is waited for",
    "skipped": "",  # the batch's own reason
}


@dataclass(frozen=True)
class Step:
    at: datetime | None
    what: str
    detail: str


@dataclass(frozen=True)
class Trail:
    """`verdict`: delivered accepted not_delivered refused skipped uncertain planned."""

    verdict: str
    steps: tuple[Step, ...]


def trail(s: Session, run_id: int, subscriber_id: int) -> Trail | None:
    """None for who is not in the run. A person's state is their exception, else their outcome, else their batch's."""
    delivery = s.get(Delivery, (run_id, subscriber_id))
    if delivery is None:
        return None
    batch = s.get_one(Batch, (run_id, delivery.batch))
    exception = s.get(DeliveryException, (run_id, subscriber_id))
    steps = _in_batches(s, s.get_one(Run, run_id), batch, subscriber_id, exception)
    if exception:
        steps.append(Step(exception.at, exception.kind, exception.reason))
    steps += _events(s, run_id, subscriber_id) + _duplicates(s, run_id, subscriber_id)
    if not exception and batch.state in _STANDS:
        steps.append(Step(_stands_since(s, batch), batch.state, _STANDS[batch.state] or batch.reason or ""))
    return Trail(_verdict(s, batch, exception, subscriber_id), tuple(steps))


def _in_batches(s: Session, run: Run, batch: Batch, person: int, exception: DeliveryException | None) -> list[Step]:
    """The batches that they were in, one for each time that they were planned, and the attempts of each."""
    planned_at, before = run.frozen_at, 0
    steps: list[Step] = []
    for row in _refused_before(s, run.id, person):
        attempts = _attempts(s, run.id, row.batch, row.attempt, before)
        steps += [Step(planned_at, "planned", f"in batch {row.batch}"), *attempts]
        steps.append(Step(row.refused_at, "refused", row.reason))
        steps.append(Step(row.at, "tried again", f"{row.by}: {row.because}" if row.because else row.by))
        planned_at, before = row.at, before + len(attempts)
    last = exception.attempt if exception else None
    return [*steps, Step(planned_at, "planned", _place(batch)), *_attempts(s, run.id, batch.number, last, before)]


def _refused_before(s: Session, run_id: int, subscriber_id: int) -> Sequence[TriedAgain]:
    """What a person had tried again."""
    mine = TriedAgain.run_id == run_id, TriedAgain.subscriber_id == subscriber_id
    return s.scalars(select(TriedAgain).where(*mine).order_by(TriedAgain.at)).all()


def _place(batch: Batch) -> str:
    waits = f", which leaves not before {batch.not_before:%F %T} UTC" if batch.state == "planned" else ""
    return f"in batch {batch.number}{waits}"


def _stands_since(s: Session, batch: Batch) -> datetime:
    if batch.state == "skipped":  # a cancellation ends the time of the whole run
        return s.get_one(Run, batch.run_id).not_after if batch.reason == "cancelled" else batch.not_after
    attempt = s.get_one(Attempt, batch.attempt)
    if batch.state == "leaving":
        return attempt.started_at
    return attempt.answered_at or attempt.lease_until


def _verdict(s: Session, batch: Batch, exception: DeliveryException | None, subscriber_id: int) -> str:
    if exception:
        return exception.kind
    outcome = s.get(Outcome, (batch.run_id, subscriber_id))
    fate = outcomes.fate(outcome.flags) if outcome else None
    return _FATE_VERDICTS[fate] if fate else _BATCH_VERDICTS[batch.state]


def _attempts(s: Session, run_id: int, batch: int, last: str | None, before: int) -> list[Step]:
    """Numbered after those of the batches before. `last`: the one that left them out."""
    mine = select(Attempt).where(Attempt.run_id == run_id, Attempt.batch == batch)
    steps = []
    for number, attempt in enumerate(s.scalars(mine.order_by(Attempt.number)), before + 1):
        # Whoever was skipped or refused by an attempt was in none of the later ones.
        steps.append(Step(attempt.started_at, f"attempt {number}", _said(attempt)))
        if attempt.id == last:
            break
    return steps


def _said(attempt: Attempt) -> str:
    message = f"message {attempt.message_id}" if attempt.message_id else ""
    seen = "with open tracking" if attempt.tracks_opens else ""
    said = (attempt.verdict or "in flight", attempt.evidence, seen, message, f"id {attempt.id}")
    return " · ".join(filter(None, said))


def _events(s: Session, run_id: int, subscriber_id: int) -> list[Step]:
    mine = select(Event).where(Event.run_id == run_id, Event.subscriber_id == subscriber_id)
    return [Step(event.at, event.kind, _told(event)) for event in s.scalars(mine.order_by(Event.at))]


def _told(event: Event) -> str:
    """With the provider's id, by which its support finds it."""
    number = f"event {event.provider_event_id}" if event.provider_event_id else ""
    return " · ".join(filter(None, (event.detail, number)))


def _duplicates(s: Session, run_id: int, subscriber_id: int) -> list[Step]:
    twice = select(Duplicate).where(Duplicate.run_id == run_id, Duplicate.subscriber_id == subscriber_id)
    return [Step(d.found_at, "a second time", f"attempt {d.attempt} reached them too") for d in s.scalars(twice)]
