"""Copies for colleagues: one real mail of each run, outside ledger and counts, with links that stop nothing."""

from __future__ import annotations

import fnmatch
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import Session

from base.config import Config
from base.database import Database, database_now
from base.errors import BadInput
from delivery import installation, messages
from delivery.models import Delivery, Run, SeedCopy
from delivery.packing import link_urls
from delivery.providers.provider import Addressed, Answer, Envelope, Parcel, People, Provider, Verdict
from delivery.slots import Filler, Recipient
from subscribers.addresses import address_key, wide_key
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.suppression import stops

log = logging.getLogger(__name__)

INERT = "seed"  # no token: the links of a copy stop nothing
_LONGEST_LEAVING = timedelta(minutes=10)  # longer than any request may take
_LATELY = timedelta(days=1)
# What an answer makes of a copy. Whatever may have left is not sent again: a copy is worth less than a repetition.
_STATES = {Verdict.ACCEPTED: "sent", Verdict.RETURNED: "planned", Verdict.UNCERTAIN: "uncertain"}


@dataclass(frozen=True)
class Copy:
    email: str
    state: str
    words: str  # the provider's, or why it was skipped


def allowed(config: Config) -> tuple[str, ...]:
    """[delivery] seeds, each once, as far as only_to lets them pass."""
    fence = config.delivery.only_to
    seeds = dict.fromkeys(config.delivery.seeds)
    return tuple(
        seed for seed in seeds if not fence or any(fnmatch.fnmatchcase(seed.lower(), one.lower()) for one in fence)
    )


def plan(s: Session, run_id: int, emails: Sequence[str]) -> None:
    """At the launch, in its transaction: a run plans its copies once."""
    now = database_now(s)
    s.add_all(
        SeedCopy(run_id=run_id, number=n, email=email, state="planned", words="", at=now)
        for n, email in enumerate(emails, 1)
    )


def copies(s: Session, run_id: int) -> tuple[Copy, ...]:
    """All of a run, in the order of [delivery] seeds."""
    found = s.scalars(select(SeedCopy).where(SeedCopy.run_id == run_id).order_by(SeedCopy.number))
    return tuple(Copy(each.email, each.state, each.words) for each in found)


def lost(s: Session, now: datetime) -> dict[int, str]:
    """Runs with copies that lately failed or may not have left, and what was said about the first of each."""
    cut_off = (SeedCopy.state == "leaving") & (SeedCopy.at < now - _LONGEST_LEAVING)
    unsure = SeedCopy.at > now - _LATELY, SeedCopy.state.in_(("failed", "uncertain")) | cut_off
    found = s.scalars(select(SeedCopy).where(*unsure).order_by(SeedCopy.run_id.desc(), SeedCopy.number.desc()))
    return {each.run_id: each.words or "the service ended before an answer came" for each in found}


def send_due(db: Database, provider: Provider, keys: Keys, somebody: Mapping[str, Any]) -> int:
    """One tick: what is planned of runs that send. `somebody` stands for the subscriber. Returns how many left."""
    with db.read() as s:
        due = s.execute(_due(s)).all()
    if not due or provider.prepare():
        return 0
    return sum(_send(db, provider, keys, run_id, number, somebody) for run_id, number in due)


def _due(s: Session) -> Select[int, int]:
    now = database_now(s)
    sends = Run.frozen_at.is_not(None), Run.paused.is_(False), Run.held.is_(None), Run.not_after > now
    query = select(SeedCopy.run_id, SeedCopy.number).join(Run, Run.id == SeedCopy.run_id)
    if installation.why_off(s):
        query = query.where(SeedCopy.run_id.is_(None))
    return query.where(SeedCopy.state == "planned", *sends).order_by(SeedCopy.run_id, SeedCopy.number)


def _send(db: Database, provider: Provider, keys: Keys, run_id: int, number: int, somebody: Mapping[str, Any]) -> bool:
    with db.write() as s:
        parcel = _take(s, keys, run_id, number, somebody)
    if parcel is None:
        return False
    try:
        answer = provider.send(parcel, lambda: True)
    except Exception as cause:  # it promised never to raise, so nobody knows how far it came
        log.exception("run=%s seed=%s the provider failed", run_id, number)
        answer = Answer(Verdict.UNCERTAIN, f"the provider failed: {type(cause).__name__}")
    state = _STATES.get(answer.verdict, "failed")
    log.log(
        logging.INFO if state == "sent" else logging.WARNING,
        "run=%s seed=%s %s %s",
        run_id,
        number,
        state,
        answer.status,
    )
    with db.write() as s:
        _turn(s, run_id, number, "leaving", state, answer.words)
    return state == "sent"


def _take(s: Session, keys: Keys, run_id: int, number: int, somebody: Mapping[str, Any]) -> Parcel | None:
    """planned → leaving, or skipped where the person gets it anyway or must not."""
    if not _turn(s, run_id, number, "planned", "leaving", ""):
        return None  # another service has it
    run, copy = s.get_one(Run, run_id), s.get_one(SeedCopy, (run_id, number), populate_existing=True)
    if reason := _why_not(s, keys, run, copy.email):
        _turn(s, run_id, number, "leaving", "skipped", reason)
        return None
    envelope = Envelope(**orjson.loads(run.envelope))
    filler, urls = Filler(messages.load(s, run.message_id)), link_urls(envelope.public_url, INERT, run.public_id)
    values = filler.values(Recipient({**somebody, "email": copy.email}, urls))
    people = People.of(Addressed(number, copy.email, values, urls["unsubscribe"]))
    return Parcel(secrets.token_urlsafe(12), f"{INERT}-{run.public_id}", envelope, filler, people)


def _why_not(s: Session, keys: Keys, run: Run, email: str) -> str:
    try:
        key, wide = address_key(keys, email), wide_key(keys, email)
    except BadInput as cause:
        return cause.sentence
    if stops(s, key, run.list_id, wide=wide):
        return "the address may not be mailed"
    mine = exists().where(Delivery.run_id == run.id, Delivery.subscriber_id == Subscriber.id)
    gets_it = select(Subscriber.id).where(Subscriber.address_key == key, mine)
    return "gets it as a subscriber" if s.scalar(gets_it) is not None else ""


def _turn(s: Session, run_id: int, number: int, before: str, after: str, words: str) -> bool:
    row = SeedCopy.run_id == run_id, SeedCopy.number == number, SeedCopy.state == before
    change = update(SeedCopy).where(*row).values(state=after, words=words[:500], at=database_now(s))
    return bool(s.execute(change.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
