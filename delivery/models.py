"""The tables of delivery. What people decided is stored; how far a run got is computed from these rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, SmallInteger, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from base.database import Base
from delivery import brake_models as brake_models  # so that whoever knows these tables knows those, too

_SOFT = "flags & 4096 <> 0"


class StoredMessage(Base):
    """A rendered message with its slots, as plain data. Never changed: a new rendering is a new row."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Run(Base):
    """One campaign's sending. Delivery knows a run, never a campaign."""

    __tablename__ = "runs"
    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)  # opaque: stands in links, custom_args and Feedback-ID
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    envelope: Mapped[str] = mapped_column(Text)  # JSON: from, reply-to, constant headers, where links point to
    batch_size: Mapped[int]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]  # past it, whoever is still planned is skipped: too late
    audience: Mapped[int] = mapped_column(default=0)  # recipients frozen; the counts have to add up to it
    frozen_at: Mapped[datetime | None]  # nothing is claimed before
    paused: Mapped[bool] = mapped_column(Boolean, default=False)  # a person's hold
    held: Mapped[str | None] = mapped_column(Text)  # the provider's words, when it refuses the sender or the request
    doubts: Mapped[int] = mapped_column(default=0)  # uncertain answers in a row: the first breaker
    events_expected: Mapped[bool] = mapped_column(Boolean, default=True)
    timing: Mapped[str | None] = mapped_column(Text)  # JSON: when its batches may leave, where not at once
    cap_most: Mapped[int] = mapped_column(default=0, server_default="0")  # [frequency] at the launch; 0: no limit
    cap_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    released_at: Mapped[datetime | None]  # when a person last let it go on


class Batch(Base):
    """Up to 1,000 deliveries that leave in one request. `subscribers` bounds let its rows be found by key range."""

    __tablename__ = "batches"
    __table_args__ = (
        Index("ix_batches_due", "state", "not_before", "run_id", "number"),
        Index("ix_batches_run_state", "run_id", "state"),
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]  # planned | leaving | accepted | uncertain | skipped
    reason: Mapped[str | None]  # why all of it was skipped
    attempt: Mapped[str | None]  # the newest; every transition names it
    accepted_by: Mapped[str | None]  # the attempt that is proved to have been taken
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    size: Mapped[int]
    first_subscriber: Mapped[int]
    last_subscriber: Mapped[int]
    zone: Mapped[str | None]  # whose clock says when it is quiet; none where the run keeps no quiet hours
    # Only people who agreed, at the freeze, that their opening is seen; without them it has only the others.
    tracks_opens: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class Departure(Base):
    """When the people of one zone are due in a run, as of its freeze. Zones that are due together share a number."""

    __tablename__ = "departures"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(primary_key=True)  # as it stands with people; empty: whoever has none
    number: Mapped[int]
    at: Mapped[datetime]
    clock: Mapped[str]  # a zone that stands for all of this number


class Attempt(Base):
    """One try of a batch. Rows are only added; a fact that comes later fills a column that was empty."""

    __tablename__ = "attempts"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "batch"], ["batches.run_id", "batches.number"]),
        Index("ix_attempts_batch", "run_id", "batch"),
        Index("ix_attempts_open", "verdict", "started_at"),
    )
    id: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[int | None]  # a probe belongs to no run
    batch: Mapped[int | None]
    number: Mapped[int] = mapped_column(default=1)
    account: Mapped[str]  # base URL and key fingerprint: proof is only asked of the account that was used
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    status: Mapped[int | None]
    message_id: Mapped[str | None]
    verdict: Mapped[str | None]  # accepted | returned | refused | halved | held | uncertain | lost; else in flight
    evidence: Mapped[str | None] = mapped_column(Text)
    first_event_at: Mapped[datetime | None]  # when the way back first spoke of it
    people: Mapped[int | None]  # how many were in it
    tracks_opens: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # how it left


class Delivery(Base):
    """The ledger: one row a (run, subscriber). No foreign key to the person: the row outlives an erasure."""

    __tablename__ = "deliveries"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  SQLAlchemy reads a plain dict here
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch: Mapped[int]


class DeliveryException(Base):
    """Someone who is not in what their batch's state says: refused by the provider, or skipped by us."""

    __tablename__ = "exceptions"
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    batch: Mapped[int]
    attempt: Mapped[str | None]
    kind: Mapped[str]  # skipped | refused
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class Outcome(Base):
    """What became of one accepted delivery: flags that only ever turn on, so order and repetition do not matter."""

    __tablename__ = "outcomes"
    __table_args__ = (
        # Who was turned away for now (outcomes.Flag.SOFT): few, among many.
        Index("ix_outcomes_soft", "subscriber_id", sqlite_where=text(_SOFT), postgresql_where=text(_SOFT)),
        {"sqlite_with_rowid": False},
    )
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    flags: Mapped[int] = mapped_column(SmallInteger)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]


# Without what every mail has: reports ask for the rest, and most of what is written costs no index.
TOLD = text("kind NOT IN ('processed', 'delivered')")


class Event(Base):
    """One event as the provider told it, once by its natural key."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_person", "run_id", "subscriber_id"),
        Index("ix_events_told", "run_id", "kind", "at", "subscriber_id", sqlite_where=TOLD, postgresql_where=TOLD),
    )
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    run_id: Mapped[int | None]
    subscriber_id: Mapped[int | None]
    attempt: Mapped[str | None]
    kind: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(Text, default="")
    provider_event_id: Mapped[str] = mapped_column(default="")


class Spooled(Base):
    """A verified body of the web hook, kept until it is applied. One that cannot be applied is set aside and shown."""

    __tablename__ = "spool"
    __table_args__ = (Index("ix_spool_waiting", "set_aside", "urgent", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    provider: Mapped[str]
    urgent: Mapped[bool] = mapped_column(Boolean)  # may carry an opt-out or a complaint: applied before the next claim
    body: Mapped[bytes] = mapped_column(LargeBinary)
    set_aside: Mapped[bool] = mapped_column(Boolean, default=False)
    trouble: Mapped[str] = mapped_column(Text, default="")


class Duplicate(Base):
    """Proof that a second attempt reached someone. It should never be there; where it is, it is named."""

    __tablename__ = "duplicates"
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[str] = mapped_column(primary_key=True)
    found_at: Mapped[datetime]


class SeedCopy(Base):
    """A colleague's copy of a run, outside the ledger. Leaves planned once: what a crash cut off is not sent again."""

    __tablename__ = "seed_copies"
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str]
    state: Mapped[str]  # planned | leaving | sent | skipped | failed | uncertain
    words: Mapped[str] = mapped_column(Text, default="")  # the provider's, or why it was skipped
    at: Mapped[datetime]


class Heartbeat(Base):
    """When a service was last seen alive, and what it had to say."""

    __tablename__ = "heartbeats"
    owner: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    said: Mapped[str] = mapped_column(Text, default="")


class EarlierDelivery(Base):
    """Somebody whom a run reached, or may have, before a restore took the ledger back: it leaves them out."""

    __tablename__ = "earlier_deliveries"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  SQLAlchemy reads a plain dict here
    run: Mapped[str] = mapped_column(primary_key=True)  # its public id: the run itself may be gone
    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # the beginning of their address key
    attempt: Mapped[str]


class Installation(Base):
    """The one row that says which installation this database is, and whether it may send."""

    __tablename__ = "installation"
    id: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    restored_at: Mapped[datetime | None]
    sending_off: Mapped[str | None] = mapped_column(Text)  # why nothing is claimed until a person has looked
    pulled_at: Mapped[datetime | None]  # when the last whole pull of the provider's suppressions began
    swept_at: Mapped[datetime | None]  # when the last one of everything there is began
    pull_tried_at: Mapped[datetime | None]
    pull_said: Mapped[str | None] = mapped_column(Text)  # what the last whole one brought
    pull_trouble: Mapped[str | None] = mapped_column(Text)  # why the last try was not whole; empty when it was


class Place(Base):
    """A machine and configuration that may send with this database."""

    __tablename__ = "places"
    name: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    by: Mapped[str]
