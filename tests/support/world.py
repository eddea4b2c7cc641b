"""A provider that knows what really became of each request: a witness to hold the ledger against. Not HTTP: that is
localgrid's part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from delivery.ledger import Claim
from delivery.providers.provider import Answer, Parcel, Question, Stop, Verdict

TAKEN, LOST = "taken", "lost"
# What became of a request that was not taken, and what its worker would be told.
NO = {
    "unsent": Answer(Verdict.RETURNED, "more than a second between the claim and the first byte"),
    LOST: Answer(Verdict.UNCERTAIN, "no answer: timed out"),
    "busy": Answer(Verdict.RETURNED, "too many requests", 429),
    "large": Answer(Verdict.HALVE, "content too large", 413),
    "nameless": Answer(Verdict.HALVE, "Bad Request", 400),
    "sender": Answer(Verdict.HELD, "the from address is not verified", 403),
    "credits": Answer(Verdict.EXHAUSTED, "Maximum credits exceeded", 401),
}
FATES = (*[TAKEN] * 12, *NO, "names", "apart")  # so that not every run is held at once


@dataclass(frozen=True)
class Request:
    attempt: str
    run: str
    people: dict[int, str]  # subscriber id → address
    fate: str
    shows_at: int  # the minute from which the provider's log has it

    @property
    def is_taken(self) -> bool:
        return self.fate == TAKEN

    def answer(self) -> Answer:
        """What the worker is told, if anything reaches it."""
        if self.is_taken:
            return Answer(Verdict.ACCEPTED, "202", 202, f"message-{self.attempt}")
        if self.fate == "names":
            return Answer(Verdict.REFUSED, "bad", 400, refused={min(self.people): "Does not contain a valid address."})
        return NO.get(self.fate, Answer(Verdict.RETURNED, "somebody's values cannot travel with others"))

    def event(self, person: int, kind: str) -> bytes:
        about: dict[str, Any] = {"event": kind, "timestamp": 1_700_000_000, "ts_attempt": self.attempt}
        if self.people:  # a probe has none
            about |= {"email": self.people[person], "ts_run": self.run, "ts_subscriber": str(person)}
        return json.dumps([about]).encode()


@dataclass
class World:
    """Also the provider that settle asks: its log, and a probe."""

    name: str = "world"
    account: str = "world"
    repeatable: bool = False
    tells_events: bool = True
    minute: int = 0
    hook_is_on: bool = True
    log_answers: bool = True
    takes_probes: bool = True
    requests: dict[str, Request] = field(default_factory=dict)
    meanwhile: Callable[[], object] | None = None  # done once, while whoever asks something waits for the answer

    def meets(self, claim: Claim, fate: str, lag: int) -> Request:
        """The request arrives, or not."""
        people = {member.subscriber_id: member.email for member in claim.members}
        made = Request(claim.attempt, claim.public_id, people, fate, self.minute + lag)
        self.requests[claim.attempt] = made
        return made

    def taken(self) -> list[Request]:
        return [each for each in self.requests.values() if each.is_taken]

    def reached(self, person: int) -> list[str]:
        """The attempts by which somebody really got the mail."""
        return [each.attempt for each in self.taken() if person in each.people]

    def trace(self, question: Question) -> bool | None:
        asked = self.requests[question.attempt]
        shows = asked.is_taken and asked.shows_at <= self.minute and bool({*question.emails} & {*asked.people.values()})
        known = shows if self.log_answers else None
        self._let_pass()
        return known

    def _let_pass(self) -> None:
        then, self.meanwhile = self.meanwhile, None
        if then:
            then()

    def probe(self, attempt: str) -> Answer:
        self._let_pass()
        if not self.takes_probes:
            return NO[LOST]
        self.requests[attempt] = Request(attempt, "", {}, TAKEN, self.minute)
        return Answer(Verdict.ACCEPTED, "202", 202)

    def prepare(self) -> str:
        return ""

    def close(self) -> None: ...

    def send(self, parcel: Parcel, may_begin: Callable[[], bool]) -> Answer:
        raise NotImplementedError  # a claim and its answer are two steps here, so that much may come between them

    def notify(
        self, to: str, subject: str, text: str, *, html: str = "", from_name: str = "", reply_to: str = ""
    ) -> Answer:
        raise NotImplementedError

    def stops(self, since: datetime | None, until: datetime) -> Iterator[Stop]:
        raise NotImplementedError

    def stop(self, emails: Sequence[str]) -> None:
        raise NotImplementedError
