"""The loop that sends: claim a batch, hand it over, write down the answer. The one place that commits by itself."""

from __future__ import annotations

import fnmatch
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from base.database import Database
from base.time import elapsed
from delivery import events, heartbeat, messages
from delivery.ledger import Claim, claim, is_due, record
from delivery.ledger.split import set_apart
from delivery.packing import pack
from delivery.providers.provider import Answer, Parcel, Provider, Verdict
from delivery.slots import Filler
from delivery.troubles import REMIND, Troubles
from subscribers.keys import Keys

log = logging.getLogger(__name__)

BEGIN_WITHIN = 1.0  # seconds from the claim's commit to the first byte; later the claim is given back
IDLE = 0.25  # seconds between looks when nothing is due


@dataclass(frozen=True)
class Pace:
    connections: int
    lease: timedelta
    only_to: tuple[str, ...]


class Outbox:
    """As many workers as connections. `stop` lets what is in flight end; nothing new is claimed."""

    def __init__(self, db: Database, provider: Provider, keys: Keys, pace: Pace, owner: str = "") -> None:
        self._db, self._provider, self._keys, self._pace = db, provider, keys, pace
        self._owner = owner or heartbeat.this_process()
        self._stopping = threading.Event()
        self._trouble = ""  # what was last said of an unreachable provider
        self._troubles = Troubles()
        self._fillers: dict[int, Filler] = {}
        self._threads = [
            threading.Thread(target=self._work, name=f"outbox-{n}", daemon=True) for n in range(pace.connections)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            if thread.ident:  # a worker lets the engine's threads do the work
                thread.join()

    def _work(self) -> None:
        try:
            self._loop()
        finally:
            self._provider.close()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            if not self.turn():
                self._stopping.wait(IDLE)

    def turn(self) -> bool:
        """One step, unless it was stopped; trouble is told here and goes no further."""
        if self._stopping.is_set():
            return False
        try:
            went_on = self.step()
        except Exception as trouble:
            self._troubles.met(trouble)
            return False
        self._troubles.none(went_on=went_on)
        return went_on

    def step(self) -> bool:
        """One batch, from claim to record. False when there was none to claim or the provider cannot be reached."""
        with self._db.read() as s:
            if not is_due(s, self._provider.account):
                return False  # looking takes no write lock
        if not self._is_reachable():
            return False
        taken, filler = self._claim()
        committed = elapsed()
        if taken is None or filler is None:
            return False
        if taken.members:
            self._send(taken, filler, lambda: elapsed() - committed < BEGIN_WITHIN)
        return True

    def _is_reachable(self) -> bool:
        """Asked before a claim, so that an unreachable provider costs no attempt."""
        trouble = self._provider.prepare()
        if trouble != self._trouble:
            log.warning("the provider %s", f"cannot be reached: {trouble}" if trouble else "can be reached again")
        self._trouble = trouble
        if trouble:
            self._stopping.wait(1)
        return not trouble

    def _claim(self) -> tuple[Claim | None, Filler | None]:
        while True:
            with self._db.write() as s:
                if not events.has_urgent(s):
                    me, account = self._owner, self._provider.account
                    taken = claim(s, owner=me, account=account, lease=self._pace.lease, fence=self._fence)
                    return taken, self._filler(s, taken.message_id) if taken else None
            if not events.drain(self._db, self._keys, urgent_only=True):
                time.sleep(0.05)  # another process is applying them

    def _send(self, taken: Claim, filler: Filler, may_begin: Callable[[], bool]) -> None:
        try:
            parcel, apart = pack(self._keys, taken, filler)
        except Exception as cause:  # nothing was written yet: let a person look instead of trying for ever
            log.exception("the mails cannot be put together", extra=_facts(taken))
            self._write_down(taken, Answer(Verdict.HELD, f"the mails cannot be put together: {cause}"))
            return
        if apart and len(taken.members) > 1:
            self._write_down(taken, Answer(Verdict.RETURNED, "somebody's values cannot travel with others"))
            with self._db.write() as s:
                set_apart(s, taken.run_id, taken.batch, apart)
            return
        answer = self._hand_over(taken, parcel, may_begin)
        log.info("%s %s", answer.verdict, answer.status or answer.words, extra=_facts(taken))
        self._write_down(taken, answer)

    def _hand_over(self, taken: Claim, parcel: Parcel, may_begin: Callable[[], bool]) -> Answer:
        try:
            return self._provider.send(parcel, may_begin)
        except Exception as cause:  # it promised never to raise, so nobody knows how far it came
            log.exception("the provider failed", extra=_facts(taken))
            return Answer(Verdict.UNCERTAIN, f"the provider failed: {type(cause).__name__}")

    def _write_down(self, taken: Claim, answer: Answer) -> None:
        """A failed record is never a failed send: keep the answer and try until it is written."""
        pause, told_at = 0.05, 0.0
        while True:
            try:
                with self._db.write() as s:
                    record(s, taken.attempt, answer)
                if told_at:
                    log.warning("the answer %s is on record now", answer.verdict, extra=_facts(taken))
                return
            except Exception as trouble:
                if not told_at or elapsed() - told_at > REMIND:
                    told_at = elapsed()
                    log.error("the answer %s is not on record yet: %s", answer.verdict, trouble, extra=_facts(taken))
                time.sleep(pause)
                pause = min(pause * 2, 5)

    def _filler(self, s: object, message_id: int) -> Filler:
        if message_id not in self._fillers:
            self._fillers[message_id] = Filler(messages.load(s, message_id))  # type: ignore[arg-type]
        return self._fillers[message_id]

    def _fence(self, email: str) -> bool:
        allowed = self._pace.only_to
        return not allowed or any(fnmatch.fnmatchcase(email.lower(), pattern.lower()) for pattern in allowed)


def _facts(taken: Claim) -> dict[str, object]:
    """What every line about sending carries: opaque ids and numbers, by which all of them are found again."""
    return {"campaign": taken.public_id, "run": taken.run_id, "batch": taken.batch, "attempt": taken.attempt}
