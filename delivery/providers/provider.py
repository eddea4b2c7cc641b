"""The port to whoever carries mail away: what is handed over, what may come back, what can be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol

from delivery.slots import Filler


class Verdict(StrEnum):
    ACCEPTED = "accepted"  # the provider took the whole request
    RETURNED = "returned"  # provably nothing was taken: try again
    REFUSED = "refused"  # it said no to some people, by name, and took nothing
    HALVE = "halve"  # nothing taken, and nobody is named: try again with half the people
    HELD = "held"  # it refuses the sender, the key or the request: a person has to look
    EXHAUSTED = "exhausted"  # nothing was taken: the account's plan is used up, until it has credits again
    UNCERTAIN = "uncertain"  # the request left and no trustworthy answer came


@dataclass(frozen=True)
class Envelope:
    """What stands around every mail of a run."""

    from_email: str
    from_name: str
    reply_to: str
    list_header: str  # List-Id, RFC 2919
    feedback_id: str
    public_url: str  # where the links of this run point to


class Addressed(NamedTuple):
    """One person of a parcel: where it goes and what differs for them."""

    subscriber_id: int
    email: str
    values: Mapping[str, str]
    unsubscribe: str


@dataclass(frozen=True)
class People:
    """Those of a request, by column: so a thousand are filled in and written down in half the time."""

    ids: Sequence[int]
    emails: Sequence[str]
    values: Mapping[str, Sequence[str]]  # by token
    unsubscribe: Sequence[str]

    @classmethod
    def of(cls, one: Addressed) -> People:
        columns = {token: [value] for token, value in one.values.items()}
        return cls([one.subscriber_id], [one.email], columns, [one.unsubscribe])

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Addressed]:
        for place, (each, email, url) in enumerate(zip(self.ids, self.emails, self.unsubscribe, strict=True)):
            yield Addressed(each, email, {token: column[place] for token, column in self.values.items()}, url)


@dataclass(frozen=True)
class Parcel:
    """One request's worth: a message and the people it goes to. `attempt` returns in every event."""

    attempt: str
    run: str
    envelope: Envelope
    filler: Filler  # of the run's message
    people: People
    tracks_opens: bool = False  # only where each of them agreed to it


@dataclass(frozen=True)
class Answer:
    verdict: Verdict
    words: str = ""
    status: int | None = None
    message_id: str | None = None
    refused: Mapping[int, str] = field(default_factory=dict)  # subscriber id → the provider's words
    retry_at: datetime | None = None


@dataclass(frozen=True)
class Question:
    """Three people of an attempt whose fate is unknown, for the provider's own log."""

    attempt: str
    emails: Sequence[str]
    started_at: datetime


StopReason = Literal["opt-out", "hard bounce", "complaint"]


@dataclass(frozen=True)
class Stop:
    """An address that the provider itself no longer mails."""

    email: str
    reason: StopReason
    at: datetime


class Provider(Protocol):
    name: str
    account: str  # base URL and a fingerprint of the key
    repeatable: bool  # a repeat overwrites: uncertainty needs no proof
    tells_events: bool

    def prepare(self) -> str:
        """Make ready to send from this thread, before a claim. Returns what is wrong, or ''."""

    def send(self, parcel: Parcel, may_begin: Callable[[], bool]) -> Answer:
        """Hand it over. Never raises; ends within the deadline. Asks `may_begin` right before the first byte."""

    def trace(self, question: Question) -> bool | None:
        """Does its log know the attempt? None where it cannot be asked."""

    def probe(self, attempt: str) -> Answer:
        """One mail that reaches nobody, to learn whether it takes mail and tells of it."""

    def notify(
        self, to: str, subject: str, text: str, *, html: str = "", from_name: str = "", reply_to: str = ""
    ) -> Answer:
        """One mail outside every run, without tracking: no run counts it."""

    def stops(self, since: datetime | None, until: datetime) -> Iterator[Stop]:
        """Everybody it stopped mailing in that time. Raises Refused where it cannot be asked."""

    def stop(self, emails: Sequence[str]) -> None:
        """Have it send these addresses nothing more, by whichever program of its account. Raises Refused."""

    def close(self) -> None:
        """Let go of what this thread holds open."""
