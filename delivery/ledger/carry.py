"""What has to survive a restore: who is in an attempt, for the journal; and from it, who had a mail already."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import Broken
from base.time import from_ms, to_ms
from delivery.ledger.again import plan_again, refused_among
from delivery.ledger.record import accept
from delivery.ledger.split import move_out
from delivery.models import Attempt, Batch, Delivery, DeliveryException, EarlierDelivery, Run
from subscribers import journal
from subscribers.models import Subscriber

_KEY = 6  # bytes of an address key: among a million people, four in a billion meet somebody else's
_AT_ONCE = 500  # ids in a question: SQLite takes a limited number
_ANY_EARLIER = select(select(EarlierDelivery.run).where(EarlierDelivery.run == bindparam("run")).exists())


class _Person(Protocol):
    @property
    def subscriber_id(self) -> int: ...
    @property
    def address_key(self) -> bytes: ...


@dataclass(frozen=True)
class Left:
    """An attempt of the journal, with the people who were in it."""

    attempt: str
    run: str  # its public id
    account: str
    at: datetime
    people: dict[int, bytes]  # subscriber id → the beginning of their address key
    tracks_opens: bool = False


def note_leaving(
    s: Session, run: str, attempt: str, account: str, people: Sequence[_Person], *, tracks_opens: bool = False
) -> None:
    """On record before the claim is committed: a restore must know whom it may have reached. `people` by ascending id,
    each once."""
    keys = b"".join([each.address_key[:_KEY] for each in people])
    journal.note(
        s,
        journal.LEFT,
        attempt=attempt,
        run=run,
        account=account,
        at=to_ms(database_now(s)),
        people=_spans([each.subscriber_id for each in people]),
        keys=base64.b64encode(keys).decode(),
        **({"tracks_opens": True} if tracks_opens else {}),
    )


def read_leaving(entry: journal.Entry) -> Left:
    """Raises Broken when the entry is not one of ours."""
    try:
        keys = base64.b64decode(entry["keys"], validate=True)
        ids = list(_ids(entry["people"]))
        people = {person: keys[n * _KEY : (n + 1) * _KEY] for n, person in enumerate(ids)}
        if len(keys) != len(people) * _KEY:
            raise ValueError
        seen = entry.get("tracks_opens") is True
        return Left(str(entry["attempt"]), str(entry["run"]), str(entry["account"]), from_ms(entry["at"]), people, seen)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error) as cause:
        raise Broken("The journal has an entry that this version cannot read; upgrade Tipsheet") from cause


def carry(s: Session, left: Left, *, taken: bool, evidence: str) -> int:
    """Bring an attempt that a restored ledger does not know back into it: accepted, or else uncertain.

    Whoever is not in the ledger (the campaign was launched later) is remembered by their address, and left out when
    the run comes to them. Returns how many that were.
    """
    run = s.scalar(select(Run).where(Run.public_id == left.run, Run.frozen_at.is_not(None)))
    inside = _inside(s, run.id, list(left.people)) if run else {}
    for n, (number, people) in enumerate(sorted(inside.items())):
        batch = s.get_one(Batch, (run.id, number), with_for_update=True) if run else None
        if n or batch is None:
            raise Broken(f"Attempt {left.attempt} went to people of several batches; do not rely on this database")
        if refused := refused_among(s, batch, people):  # a person had them tried again, after the backup
            again = plan_again(s, batch, refused, by="the journal", because="after a restore")
            _bring_back(s, again, left, taken=taken, evidence=evidence)
        elif batch.state != "accepted":
            _bring_back(s, _exactly(s, batch, people), left, taken=taken, evidence=evidence)
    known = {person for people in inside.values() for person in people}
    outside = [key for person, key in left.people.items() if person not in known]
    _remember(s, left, outside)
    return len(outside)


def reached_earlier(s: Session, run: str, subscriber_ids: Sequence[int]) -> dict[int, str]:
    """Those of these people whom the run reached, or may have, before a restore took the ledger back; and how."""
    if not s.scalar(_ANY_EARLIER, {"run": run}):
        return {}
    same = EarlierDelivery.key == func.substr(Subscriber.address_key, 1, _KEY)
    query = select(Subscriber.id, EarlierDelivery.attempt).join(EarlierDelivery, same).where(EarlierDelivery.run == run)
    found = {}
    for some in _in_parts(subscriber_ids):
        for person, attempt in s.execute(query.where(Subscriber.id.in_(some))):
            found[person] = f"was in attempt {attempt}, before a restore"
    return found


def _inside(s: Session, run_id: int, ids: Sequence[int]) -> dict[int, list[int]]:
    """Those who are in the run's ledger, by their batch there."""
    found: dict[int, list[int]] = {}
    query = select(Delivery.batch, Delivery.subscriber_id).where(Delivery.run_id == run_id)
    for some in _in_parts(ids):
        for batch, person in s.execute(query.where(Delivery.subscriber_id.in_(some))):
            found.setdefault(batch, []).append(person)
    return found


def _exactly(s: Session, batch: Batch, people: list[int]) -> Batch:
    """A batch of these people alone: the batch may have been parted, or people left out, after the backup."""
    mine = DeliveryException.run_id == batch.run_id, DeliveryException.batch == batch.number
    if batch.size - (s.scalar(select(func.count()).where(*mine)) or 0) == len(people):
        return batch
    move_out(s, batch, people)
    return s.get_one(Batch, (batch.run_id, s.get_one(Delivery, (batch.run_id, people[0])).batch))


def _bring_back(s: Session, batch: Batch, left: Left, *, taken: bool, evidence: str) -> None:
    batch.tries += 1
    batch.attempt, batch.owner = left.attempt, None
    batch.state, batch.lease_until, batch.reason = "uncertain", database_now(s), None
    attempt = Attempt(
        id=left.attempt,
        run_id=batch.run_id,
        batch=batch.number,
        number=batch.tries,
        account=left.account,
        started_at=left.at,
        lease_until=database_now(s),
        verdict="uncertain",
        evidence=evidence,
        tracks_opens=left.tracks_opens,
    )
    s.add(attempt)
    s.flush()
    if taken:
        accept(s, attempt)
        s.flush()


def _remember(s: Session, left: Left, keys: Iterable[bytes]) -> None:
    fresh = {key: {"run": left.run, "key": key, "attempt": left.attempt} for key in keys}
    for some in _in_parts(list(fresh)):
        query = select(EarlierDelivery.key).where(EarlierDelivery.run == left.run, EarlierDelivery.key.in_(some))
        for known in s.scalars(query):
            del fresh[known]
    if fresh:
        s.execute(insert(EarlierDelivery), list(fresh.values()))


def _in_parts(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (things[start : start + _AT_ONCE] for start in range(0, len(things), _AT_ONCE))


def _spans(ids: Sequence[int]) -> str:
    """`3 5-9 12`: ascending ids, most of which follow one another."""
    if len(ids) > 1 and ids[-1] - ids[0] == len(ids) - 1:
        return f"{ids[0]}-{ids[-1]}"  # all of them, as mostly
    spans: list[list[int]] = []
    for each in ids:
        if spans and each == spans[-1][1] + 1:
            spans[-1][1] = each
        else:
            spans.append([each, each])
    return " ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in spans)


def _ids(spans: str) -> Iterator[int]:
    for span in spans.split():
        first, _, last = span.partition("-")
        yield from range(int(first), int(last or first) + 1)
