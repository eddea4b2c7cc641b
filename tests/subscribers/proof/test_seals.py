"""Rows are sealed in the order of their ids, each once, whoever else is writing."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from base.database import Database
from subscribers import journal
from subscribers.consent import give, opt_out
from subscribers.journal import Journal
from subscribers.keys import Keys
from subscribers.models import Consent, List, Seal, Subscriber
from subscribers.proof import seals
from subscribers.proof.chain import Verified, verify
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person


def looked_at(db: Database, file: Path = Path("no journal"), restored_at: Any = None) -> Verified:
    return verify(db, journal_file=file, restored_at=restored_at, progress=lambda done, total: None)


def people(db: Database, keys: Keys, count: int) -> list[Subscriber]:
    with db.write() as s:
        a_list(s)
        return [a_person(s, keys, f"p{n}@example.com") for n in range(count)]


def test_every_row_is_sealed_once(db: Database, keys: Keys) -> None:
    everybody = people(db, keys, 3)
    assert seals.seal(db) == 3
    assert seals.seal(db) == 0
    with db.write() as s:
        opt_out(s, address_key=everybody[1].address_key, list_id=None, **EVIDENCE)
    assert looked_at(db).unsealed == 1
    assert seals.seal(db) == 1
    found = looked_at(db)
    assert (found.rows, found.seals, found.unsealed, found.findings) == (4, 2, 0, [])


def test_a_seal_covers_so_many_rows_and_no_more(db: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "AT_ONCE", 4)
    people(db, keys, 10)
    assert seals.seal(db) == 10
    with db.read() as s:
        assert list(s.scalars(select(Seal.rows).order_by(Seal.id))) == [4, 4, 2]
    assert looked_at(db).findings == []


def test_each_seal_is_noted_in_the_journal(database_url: str, keys: Keys, tmp_path: Path) -> None:
    file = tmp_path / "journal"
    db = Database(database_url, Journal(file).keep)
    people(db, keys, 2)
    seals.seal(db)
    (entry,) = journal.read_all(file, journal.SEALED)
    with db.read() as s:
        seal = s.scalars(select(Seal)).one()
    assert (entry["seal"], entry["hash"]) == (1, seals.chain_hash(seal.hash))
    assert looked_at(db, file).in_journal == 1
    db.close()


def test_no_row_appears_below_a_seal(postgres_url: str, keys: Keys) -> None:
    """The one who took a lower id commits later: the sealer waits for them."""
    db = Database(postgres_url)
    ann, bob = people(db, keys, 2)
    with db.write() as s:
        news = a_list(s, "news").id
    under_way, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with db.write() as s:
            give(s, s.merge(ann), news, **CONSENT)
            under_way.set()
            go_on.wait(20)

    writer = threading.Thread(target=slow)
    writer.start()
    assert under_way.wait(20)
    with db.write() as s:
        give(s, s.merge(bob), news, **CONSENT)  # a higher id, committed first
    sealer = threading.Thread(target=seals.seal, args=(db,))
    sealer.start()
    waits_for_lock(db)
    with db.read() as s:
        assert s.scalar(select(func.count()).select_from(Seal)) == 0
    go_on.set()
    writer.join()
    sealer.join()
    found = looked_at(db)
    assert (found.rows, found.unsealed, found.findings) == (4, 0, [])
    db.close()


def waits_for_lock(db: Database) -> None:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(2_000):
        with db.read() as s:
            if s.scalar(query):
                return
        time.sleep(0.01)
    pytest.fail("nobody waits")


def test_sealing_goes_on_while_many_write(db: Database, keys: Keys) -> None:
    everybody = people(db, keys, 4)
    with db.write() as s:
        lists = [a_list(s, f"list-{n}").id for n in range(12)]
    seals.seal(db)
    writing = [threading.Thread(target=join, args=(db, each, lists)) for each in everybody]
    sealing = [threading.Thread(target=keep_sealing, args=(db, writing)) for _ in range(2)]
    for thread in (*writing, *sealing):
        thread.start()
    for thread in (*writing, *sealing):
        thread.join()
    seals.seal(db)
    found = looked_at(db)
    assert (found.rows, found.unsealed, found.findings) == (4 + 48, 0, [])
    assert found.seals >= 2


def join(db: Database, person: Subscriber, lists: list[int]) -> None:
    for each in lists:
        with db.write() as s:
            give(s, s.get_one(Subscriber, person.id), s.get_one(List, each).id, **CONSENT)


def keep_sealing(db: Database, writing: list[threading.Thread]) -> None:
    seals.seal(db)
    while any(thread.is_alive() for thread in writing):
        seals.seal(db)


def test_the_fast_way_to_read_rows_reads_what_the_models_read(db: Database, keys: Keys) -> None:
    people(db, keys, 2)
    with db.read() as s:
        rows = [seals.Row(*row) for row in seals.read_rows(s, 0, 10, 10)]
        for row, model in zip(rows, s.scalars(select(Consent).order_by(Consent.id)), strict=True):
            same = {name: getattr(model, name) for name in seals.Row._fields if name != "at"}
            assert {**row._asdict(), "at": None} == {**same, "at": None}
            assert row.at == round(model.at.timestamp() * 1000)
