"""leaving → what the answer says, and uncertain → accepted when proof comes. Each names the attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.orm import Session

from base.database import database_now
from delivery import pace, rests
from delivery.dispatch.hints import hint
from delivery.ledger.set_back import catch_up
from delivery.ledger.split import MAY_NOT_PART, halve, may_not_part, people_in, still_in
from delivery.ledger.taken import take
from delivery.models import Attempt, Batch, Delivery, DeliveryException, Duplicate, Run
from delivery.providers.provider import Answer, Verdict
from subscribers import journal

WAIT_AGAIN = timedelta(seconds=5)  # before a returned batch is tried again, where the provider names no time
MOST_REFUSALS = 12  # refused requests a run that name nobody: repeated 400s get an account blocked
MOST_NAMED = 100  # and of those that name people, each of which costs a request
REPEATED = "SendGrid refused so many requests of this campaign that one more may get the account blocked"


def record(s: Session, attempt_id: str, answer: Answer) -> None:
    """Write down what the provider said to an attempt, and move its batch accordingly."""
    if answer.verdict is Verdict.ACCEPTED and take(s, attempt_id, answer):
        return
    attempt = s.get_one(Attempt, attempt_id, with_for_update=True)
    if attempt.answered_at is None:
        attempt.answered_at = database_now(s)
        attempt.status, attempt.message_id = answer.status, answer.message_id
        attempt.evidence = answer.words or attempt.evidence
    if answer.verdict is Verdict.ACCEPTED:
        accept(s, attempt)
    elif attempt.batch is None:
        _probed(s, attempt, answer)
    elif attempt.verdict in (None, "uncertain"):
        _TRANSITIONS[answer.verdict](s, attempt, answer)
        if answer.verdict is not Verdict.UNCERTAIN:
            journal.note(s, journal.RETURNED, attempt=attempt.id)
    s.flush()


def prove(s: Session, attempt_id: str, evidence: str, at: datetime | None = None) -> bool:
    """An event or a log entry of that attempt: it was taken, whole. False where no such attempt is known."""
    attempt = s.get(Attempt, attempt_id, with_for_update=True)
    if attempt is None:
        return False
    if at and attempt.first_event_at is None:
        attempt.first_event_at = at
    if attempt.verdict != "accepted":
        attempt.evidence = evidence
        accept(s, attempt)
    s.flush()
    return True


def accept(s: Session, attempt: Attempt) -> None:
    """An attempt is proved to have been taken. Final; a second one of the same batch is a duplicate, by name."""
    was, attempt.verdict = attempt.verdict, "accepted"
    if attempt.batch is None or was == "accepted":
        return
    journal.note(s, journal.TAKEN, attempt=attempt.id)
    batch = s.get_one(Batch, (attempt.run_id, attempt.batch), with_for_update=True, populate_existing=True)
    if batch.accepted_by is None:
        batch.accepted_by, batch.state, batch.reason = attempt.id, "accepted", None
        batch.owner = batch.lease_until = None
        _unskip_later(s, batch, attempt)
    elif batch.accepted_by != attempt.id:
        _name_duplicates(s, batch, attempt)
    calm(s, batch.run_id)


def sweep(s: Session) -> int:
    """Leases that ended without a record: their process died or hangs; what became of the request is unknown."""
    catch_up(s)
    now = database_now(s)
    over = Batch.state == "leaving", Batch.lease_until < now
    mine = and_(Batch.run_id == Attempt.run_id, Batch.number == Attempt.batch, Batch.attempt == Attempt.id)
    # The attempt first, as everywhere: two who lock in another order could wait for each other.
    ended = select(Attempt).join(Batch, mine).where(*over).with_for_update(of=Attempt, skip_locked=True)
    return sum(_end(s, attempt, *over) for attempt in s.scalars(ended.execution_options(populate_existing=True)).all())


def _end(s: Session, attempt: Attempt, *over: ColumnElement[bool]) -> bool:
    """Unless an answer was written down in the meantime."""
    mine = Batch.run_id == attempt.run_id, Batch.number == attempt.batch, Batch.attempt == attempt.id
    ended = update(Batch).where(*mine, *over).values(state="uncertain", owner=None).returning(Batch.number)
    if not s.execute(ended).all():
        return False
    attempt.verdict, attempt.evidence = "uncertain", "the lease ended without an answer on record"
    s.flush()
    return True


def _probed(s: Session, attempt: Attempt, answer: Answer) -> None:
    """A probe moves no batch, whatever is said to it."""
    attempt.verdict = str(answer.verdict)
    if answer.verdict is Verdict.EXHAUSTED:
        rests.exhaust(s, attempt.account, answer.words)


def _uncertain(s: Session, attempt: Attempt, answer: Answer) -> None:
    attempt.verdict = "uncertain"
    if _move(s, attempt, "uncertain"):
        s.execute(update(Run).where(Run.id == attempt.run_id).values(doubts=Run.doubts + 1))


def _returned(s: Session, attempt: Attempt, answer: Answer) -> None:
    attempt.verdict = "returned"
    now = database_now(s)
    again = min(answer.retry_at or now + WAIT_AGAIN, now + rests.LONGEST)
    _move(s, attempt, "planned", again)
    if answer.status == 429:  # it means all of us, and every request that it refuses counts against us
        rests.rest(s, attempt.account, again, answer.words)


def _exhausted(s: Session, attempt: Attempt, answer: Answer) -> None:
    """Nobody's fault, and it ends by itself: the run is not held, the whole account rests."""
    attempt.verdict = "returned"
    _move(s, attempt, "planned")
    rests.exhaust(s, attempt.account, answer.words)


def _refused(s: Session, attempt: Attempt, answer: Answer) -> None:
    if _refusals(s, attempt, "refused") >= MOST_NAMED:
        _held(s, attempt, replace(answer, words=f"{REPEATED}; it says: {answer.words}"))
        return
    attempt.verdict = "refused"
    if not _move(s, attempt, "planned"):
        return
    now = database_now(s)
    rows = [
        {
            "run_id": attempt.run_id,
            "subscriber_id": person,
            "batch": attempt.batch,
            "attempt": attempt.id,
            "kind": "refused",
            "reason": words,
            "at": now,
        }
        for person, words in answer.refused.items()
    ]
    s.execute(insert(DeliveryException), rows)


def _held(s: Session, attempt: Attempt, answer: Answer) -> None:
    attempt.verdict = "held"
    _move(s, attempt, "planned")
    s.execute(update(Run).where(Run.id == attempt.run_id, Run.held.is_(None)).values(held=answer.words))


def _halve(s: Session, attempt: Attempt, answer: Answer) -> None:
    """A refusal that names nobody. Halving finds the cause, but blindly bisecting gets an account blocked."""
    batch = s.get_one(Batch, (attempt.run_id, attempt.batch))
    if batch.size > 1 and may_not_part(s, batch):
        _held(s, attempt, replace(answer, words=f"{answer.words}. {MAY_NOT_PART}"))
    elif _refusals(s, attempt, "halved") >= MOST_REFUSALS or (batch.size < 2 and answer.status != 400):
        _held(s, attempt, answer)
    elif batch.size < 2:
        _refused(s, attempt, replace(answer, refused=dict.fromkeys(people_in(s, batch), answer.words)))
    else:
        attempt.verdict = "halved"
        if _move(s, attempt, "planned"):
            halve(s, batch)


def _refusals(s: Session, attempt: Attempt, verdict: str) -> int:
    """Requests of the run that were refused like this since a person last let it go on."""
    since = select(Run.released_at).where(Run.id == attempt.run_id).scalar_subquery()
    mine = Attempt.run_id == attempt.run_id, Attempt.verdict == verdict
    return s.scalar(select(func.count()).where(*mine, Attempt.started_at > func.coalesce(since, 0))) or 0


_TRANSITIONS = {
    Verdict.RETURNED: _returned,
    Verdict.REFUSED: _refused,
    Verdict.HALVE: _halve,
    Verdict.HELD: _held,
    Verdict.EXHAUSTED: _exhausted,
    Verdict.UNCERTAIN: _uncertain,
}


def _move(s: Session, attempt: Attempt, state: str, not_before: datetime | None = None) -> bool:
    """The conditional UPDATE: only from leaving or uncertain, only of this attempt. False: someone knew more."""
    change = update(Batch).where(
        Batch.run_id == attempt.run_id,
        Batch.number == attempt.batch,
        Batch.attempt == attempt.id,
        Batch.state.in_(("leaving", "uncertain")),
    )
    values: dict[str, object] = {"state": state, "owner": None, "lease_until": None}
    if not_before:
        values["not_before"] = not_before
    moved = s.execute(change.values(**values).returning(Batch.run_id, Batch.number)).all()
    if moved and state == "planned":
        hint(s, *moved[0])
        pace.give_back(s, moved[0].run_id, attempt.people or 0, attempt.started_at)
    return bool(moved)


def _unskip_later(s: Session, batch: Batch, attempt: Attempt) -> None:
    """Whoever was left out by a *later* attempt was in this one, which was taken: they did get it."""
    later = select(Attempt.id).where(
        Attempt.run_id == batch.run_id, Attempt.batch == batch.number, Attempt.number > attempt.number
    )
    s.execute(delete(DeliveryException).where(DeliveryException.attempt.in_(later)))


def _name_duplicates(s: Session, batch: Batch, attempt: Attempt) -> None:
    """Everybody in both attempts got it twice. Never silence."""
    twice = select(Delivery.subscriber_id).where(*still_in(batch))
    for person in s.scalars(twice).all():
        if not s.get(Duplicate, (batch.run_id, person, attempt.id)):
            s.add(Duplicate(run_id=batch.run_id, subscriber_id=person, attempt=attempt.id, found_at=database_now(s)))


def calm(s: Session, run_id: int) -> None:
    s.execute(update(Run).where(Run.id == run_id, Run.doubts > 0).values(doubts=0))
