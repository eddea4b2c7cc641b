"""leaving → accepted, the way nearly every attempt ends, by statements alone. Whatever is less simple is record.py's.

An object each for attempt and batch costs more than all else that a thousand people need after their request.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from base.database import with_now
from delivery.providers.provider import Answer
from subscribers import journal

# The attempt first, as everywhere: two who lock in another order could wait for each other.
_ANSWERED = """
UPDATE attempts SET answered_at = {now}, status = :status, message_id = :message_id,
    evidence = coalesce(nullif(:words, ''), evidence)
WHERE id = :attempt AND answered_at IS NULL AND verdict IS NULL AND batch IS NOT NULL
RETURNING run_id, batch
"""
# Of a batch that still leaves by this attempt no later one exists, and no other was accepted.
_BATCH = text("""
UPDATE batches SET state = 'accepted', accepted_by = :attempt, reason = NULL, owner = NULL, lease_until = NULL
WHERE run_id = :run AND number = :batch AND attempt = :attempt AND state = 'leaving' AND accepted_by IS NULL
""")
_ATTEMPT = text("UPDATE attempts SET verdict = 'accepted' WHERE id = :attempt")
_CALM = text("UPDATE runs SET doubts = 0 WHERE id = :run AND doubts > 0")


def take(s: Session, attempt: str, answer: Answer) -> bool:
    """False where more is to be seen to than an attempt that was in flight and is accepted now."""
    facts = {"attempt": attempt, "status": answer.status, "message_id": answer.message_id, "words": answer.words}
    found = s.execute(with_now(s, _ANSWERED), facts).one_or_none()
    if found is None:
        return False
    place = {"run": found.run_id, "batch": found.batch, "attempt": attempt}
    if s.execute(_BATCH, place).rowcount != 1:  # type: ignore[attr-defined]
        return False
    s.execute(_ATTEMPT, {"attempt": attempt})
    s.execute(_CALM, {"run": found.run_id})
    journal.note(s, journal.TAKEN, attempt=attempt)
    return True
