"""Whose opening is seen: those who agreed to it, in requests of their own, for as long as they agree."""

from __future__ import annotations

from typing import NamedTuple

import orjson
import pytest
from sqlalchemy import event, select

from base.database import Database, database_now
from base.time import to_ms
from delivery.ledger import add, open_run, record
from delivery.ledger.carry import carry, note_leaving, read_leaving
from delivery.ledger.plan import Order
from delivery.ledger.split import part
from delivery.models import Attempt, Batch, Delivery, Run
from delivery.providers.provider import Answer, Verdict
from delivery.timing import Timing
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.suppression import mailable
from tests.support.people import says_of_opens
from tests.support.runs import ENVELOPE, a_run, take, taken

PEOPLE, AGREED = 13, (2, 3, 5, 7, 11)


class Member(NamedTuple):
    subscriber_id: int
    address_key: bytes


def batches(db: Database) -> dict[int, tuple[bool, list[int]]]:
    """By number: whether opening is seen, and who is in it."""
    with db.read() as s:
        rows = s.scalars(select(Batch).order_by(Batch.number)).all()
        found: dict[int, tuple[bool, list[int]]] = {each.number: (each.tracks_opens, []) for each in rows}
        for person, number in s.execute(select(Delivery.subscriber_id, Delivery.batch)):
            found[number][1].append(person)
        for each in rows:
            assert each.size == len(found[each.number][1])
            assert (each.first_subscriber, each.last_subscriber) == (min(people := found[each.number][1]), max(people))
    return found


def takes_it_back(db: Database, keys: Keys, person: int) -> None:
    with db.write() as s:
        says_of_opens(s, keys, f"p{person}@example.com", allowed=False)


def claims(db: Database) -> list[tuple[bool, set[str]]]:
    """All that is due: whether its opening is seen, and to whom it goes."""
    found = []
    while claimed := take(db):
        found.append((claimed.tracks_opens, {member.email.partition("@")[0] for member in claimed.members}))
    return found


@pytest.mark.parametrize("chunk", [PEOPLE, 4, 1])
def test_a_batch_is_wholly_of_people_who_agreed_or_wholly_of_others_however_the_chunks_fall(
    chunk: int, db: Database, keys: Keys
) -> None:
    """Open tracking asks a consent of its own of each recipient: CNIL, deliberation 2026-042 of 12 March 2026."""
    a_run(db, keys, PEOPLE, batch_size=3, agreed=AGREED, chunk=chunk)
    found = batches(db)
    assert list(found) == [1, 2, 3, 4, 5]
    for tracks_opens, people in found.values():
        assert {person in AGREED for person in people} == {tracks_opens}
    assert sorted(len(people) for _, people in found.values()) == [2, 2, 3, 3, 3]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(("who", "allowed"), [(1, True), (2, False)])
def test_who_says_otherwise_while_a_chunk_is_written_is_in_one_batch(
    who: int, allowed: bool, db: Database, database_url: str, keys: Keys
) -> None:
    """PostgreSQL lets others write between the statement for those who agreed and the one for the rest."""
    first = a_run(db, keys, 4, agreed=(2, 3))
    with db.write() as s:
        run = s.get_one(Run, first)
        again = open_run(s, Order("run-2", run.list_id, run.message_id, ENVELOPE, 2, run.not_before, run.not_after))
    others, told = Database(database_url), list[int]()

    def says_so(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO deliveries") and not told:
            told.append(who)
            with others.write() as s:
                says_of_opens(s, keys, f"p{who}@example.com", allowed=allowed)

    event.listen(db.engine, "after_cursor_execute", says_so)
    with db.write() as s:
        assert add(s, again, mailable(1), 0, 4) == 4
    others.close()
    with db.read() as s:
        batches = s.execute(select(Batch.tracks_opens, Batch.size).where(Batch.run_id == again).order_by(Batch.number))
        inside = s.scalars(select(Delivery.subscriber_id).where(Delivery.run_id == again).order_by("subscriber_id"))
        assert (told, batches.all(), inside.all()) == ([who], [(True, 2), (False, 2)], [1, 2, 3, 4])


@pytest.mark.parametrize("chunk", [PEOPLE, 4])
def test_so_it_is_where_batches_have_times_of_their_own(chunk: int, db: Database, keys: Keys) -> None:
    with db.read() as s:
        now = to_ms(database_now(s))
    timing = Timing(at=now, zone="UTC", within=86_400_000, over=1000, tiers=10)
    a_run(db, keys, PEOPLE, batch_size=3, agreed=AGREED, chunk=chunk, timing=timing)
    found = batches(db)
    for tracks_opens, people in found.values():
        assert {person in AGREED for person in people} == {tracks_opens}
    assert sorted(len(people) for _, people in found.values()) == [2, 2, 3, 3, 3]


def test_where_nobody_agreed_nobody_is_seen(db: Database, keys: Keys) -> None:
    a_run(db, keys, 5)
    assert [number for number, (tracks_opens, _) in batches(db).items() if not tracks_opens] == [1, 2, 3]
    assert {tracks_opens for tracks_opens, _ in claims(db)} == {False}


def test_an_attempt_says_how_it_left(db: Database, keys: Keys) -> None:
    a_run(db, keys, 4, agreed=(1, 4))
    assert claims(db) == [(True, {"p1", "p4"}), (False, {"p2", "p3"})]
    with db.read() as s:
        assert s.scalars(select(Attempt.tracks_opens).order_by(Attempt.batch)).all() == [True, False]


def test_whoever_took_it_back_since_the_freeze_is_not_seen_and_still_gets_the_mail(db: Database, keys: Keys) -> None:
    """Withdrawal holds at once, also for what is on its way: CNIL 2026-042, too."""
    a_run(db, keys, 4, agreed=(1, 2, 3, 4))
    takes_it_back(db, keys, 2)
    assert claims(db) == [(False, {"p1", "p2"}), (True, {"p3", "p4"})]


def test_whoever_is_left_out_decides_nothing_for_the_others(db: Database, keys: Keys) -> None:
    a_run(db, keys, 2, agreed=(1, 2))
    takes_it_back(db, keys, 2)
    claimed = take(db, only="p1@")
    assert claimed is not None
    assert claimed.tracks_opens


def test_whoever_takes_it_back_between_two_attempts_is_not_seen_by_the_second(db: Database, keys: Keys) -> None:
    a_run(db, keys, 2, agreed=(1, 2))
    first = taken(db)
    assert first.tracks_opens
    with db.write() as s:
        record(s, first.attempt, Answer(Verdict.HALVE, "too large", status=413))
    takes_it_back(db, keys, 1)
    assert claims(db) == [(False, {"p1"}), (True, {"p2"})]


def test_whoever_agrees_after_the_freeze_is_seen_from_the_next_campaign_on(db: Database, keys: Keys) -> None:
    a_run(db, keys, 2)
    with db.write() as s:
        says_of_opens(s, keys, "p1@example.com", allowed=True)
    assert not taken(db).tracks_opens


def test_parts_of_a_batch_are_as_it_was(db: Database, keys: Keys) -> None:
    a_run(db, keys, 4, batch_size=4, agreed=(1, 2, 3, 4))
    with db.write() as s:
        part(s, s.scalars(select(Batch)).one(), 1)
    assert sorted(claims(db), key=lambda each: len(each[1])) == [(True, {"p1"}), (True, {"p2", "p3", "p4"})]


def test_a_restored_ledger_knows_from_the_journal_how_an_attempt_left(db: Database, keys: Keys) -> None:
    a_run(db, keys, 2, agreed=(1, 2))
    with db.write() as s:
        people = s.scalars(select(Subscriber).order_by(Subscriber.id)).all()
        noted = [Member(each.id, each.address_key) for each in people]
        note_leaving(s, "run-1", "later", "test", noted, tracks_opens=True)
        left = read_leaving(orjson.loads(orjson.dumps(s.info.pop("journal")[-1])))
        carry(s, left, taken=True, evidence="the journal")
    with db.read() as s:
        assert s.get_one(Attempt, "later").tracks_opens
