"""The tables of brakes: what slows sending or stops it for a while. Those of the way out itself are in models.py."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from base.database import Base


class Pace(Base):
    """One token bucket that all processes share. Nobody has one who has no limit, so it costs nothing then."""

    __tablename__ = "paces"
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 0: everything; -1: the warm-up
    per_hour: Mapped[int]  # 0: as fast as it goes
    next_at: Mapped[datetime]  # what has left is paid for then, and the next may leave
    per_day: Mapped[int] = mapped_column(default=0)  # 0: as many as there are
    zone: Mapped[str] = mapped_column(default="")  # whose days are counted
    day_ends_at: Mapped[datetime | None]  # of the day that `remaining` is about
    remaining: Mapped[int] = mapped_column(default=0)  # people who may still have a mail that day


class WarmUp(Base):
    """How well mailboxes know a sender: on how many days it has sent."""

    __tablename__ = "warm_ups"
    sender: Mapped[str] = mapped_column(primary_key=True)  # a domain through a provider
    days: Mapped[int] = mapped_column(default=0)  # on which something was sent, without the one of its limit
    caps: Mapped[str] = mapped_column(Text)  # JSON: people on the first such day, the second …
    running: Mapped[bool] = mapped_column(Boolean)  # at most one: its limit is in paces


class Rest(Base):
    """An account of the provider that takes nothing for now. Nothing is claimed for it meanwhile."""

    __tablename__ = "rests"
    account: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]  # then it goes on by itself; with `exhausted`: when it was last asked for credits
    exhausted: Mapped[bool] = mapped_column(Boolean)  # its credits are used up: only a taken probe ends it
    words: Mapped[str] = mapped_column(Text)  # the provider's


class Tripped(Base):
    """A run that was held because too many bounced or complained, and what a person accepted who let it go on."""

    __tablename__ = "tripped"
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]  # None: it waits for a person
    known: Mapped[int] = mapped_column(default=0)  # when a person accepted: only later news counts
    bounced: Mapped[int] = mapped_column(default=0)
    complained: Mapped[int] = mapped_column(default=0)


class TriedAgain(Base):
    """A refusal that a person had tried again: what it was, and who wanted that why."""

    __tablename__ = "tried_again"
    __table_args__ = (Index("ix_tried_again_batch", "run_id", "batch"),)
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subscriber_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[str] = mapped_column(primary_key=True)  # the one that refused them
    batch: Mapped[int]  # the one they were refused in
    reason: Mapped[str] = mapped_column(Text)
    refused_at: Mapped[datetime]
    at: Mapped[datetime]
    by: Mapped[str]
    because: Mapped[str] = mapped_column(Text)
