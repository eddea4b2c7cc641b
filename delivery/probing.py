"""A mail that reaches nobody, to learn whether the provider takes mail and tells of it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from base.database import Database, database_now
from delivery import rests
from delivery.ledger import record
from delivery.models import Attempt, Run
from delivery.providers.provider import Answer, Provider, Verdict

log = logging.getLogger(__name__)


def probe(db: Database, provider: Provider, when: Callable[[Session], bool]) -> Answer | None:
    """Taken, it lets stopped runs try one batch and ends a rest; told of, it shows the way back alive. None when it is
    not the time: `when` is asked in the transaction that notes the probe."""
    with db.write() as s:
        if not when(s):
            return None
        now = database_now(s)
        attempt = Attempt(id=secrets.token_urlsafe(12), account=provider.account, started_at=now, lease_until=now)
        s.add(attempt)
    answer = provider.probe(attempt.id)
    log.info("attempt=%s probe %s %s", attempt.id, answer.verdict, answer.words)
    with db.write() as s:
        record(s, attempt.id, answer)
        if answer.verdict is Verdict.ACCEPTED:
            s.execute(update(Run).where(Run.doubts >= 2).values(doubts=1))
            rests.end(s, provider.account)
    return answer


def ask_for_credits(db: Database, provider: Provider, every: timedelta) -> bool:
    """One tick: has an account whose credits were used up some again? Each question costs one, if it has."""
    with db.read() as s:
        if not rests.is_turn(s, provider.account, every):
            return False
    answer = probe(db, provider, lambda s: rests.take_turn(s, provider.account, every))
    is_taken = answer is not None and answer.verdict is Verdict.ACCEPTED
    if is_taken:
        log.warning("the account has credits again; sending goes on")
    return is_taken
