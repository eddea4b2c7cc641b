"""Whatever is done to consent rows behind Tipsheet's back is found, and what was done is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from base.database import Database, database_now
from subscribers import consent
from subscribers.journal import Journal
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.proof import seals
from subscribers.proof.chain import Verified, verify
from tests.support.people import EVIDENCE, a_list, a_person


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def sealed(database_url: str, keys: Keys, file: Path) -> Iterator[Database]:
    """Seal 1 over rows 1 to 5, seal 2 over rows 6 to 8; row 9 is not sealed yet."""
    db = Database(database_url, Journal(file).keep)
    with db.write() as s:
        tips = a_list(s).id
        people = [a_person(s, keys, f"p{n}@example.com") for n in range(5)]
    seals.seal(db)
    with db.write() as s:
        for each in people[:2]:
            consent.opt_out(s, address_key=each.address_key, list_id=tips, **EVIDENCE)
        allow(s, people[2], tips)
    seals.seal(db)
    with db.write() as s:
        consent.void(s, [4], how="import undo", source="import 1", actor="test")
    yield db
    db.close()


def allow(s: Any, person: Subscriber, list_id: int) -> None:
    consent.allow_opens(s, person, list_id, allowed=True, wording="May we see?", **EVIDENCE)


def looked_at(db: Database, file: Path, restored_at: Any = None) -> Verified:
    return verify(db, journal_file=file, restored_at=restored_at, progress=lambda done, total: None)


def tamper(db: Database, *statements: str) -> None:
    """As somebody with the database's password would, who also gets round its foreign keys."""
    with db.engine.connect() as connection:
        off = "PRAGMA foreign_keys = OFF" if db.is_sqlite else "SET session_replication_role = replica"
        on = "PRAGMA foreign_keys = ON" if db.is_sqlite else "SET session_replication_role = DEFAULT"
        raw: Any = connection.connection.dbapi_connection
        if not db.is_sqlite:
            raw.autocommit = True
        for statement in (off, *statements, on):
            raw.execute(statement)
        if not db.is_sqlite:
            raw.autocommit = False


def words(found: Verified) -> str:
    return "; ".join(each.words for each in found.findings)


def test_what_nobody_touched_is_clean(sealed: Database, file: Path) -> None:
    found = looked_at(sealed, file)
    assert (found.rows, found.seals, found.unsealed, found.in_journal, words(found)) == (9, 2, 1, 2, "")


def copied(new: int) -> str:
    """Row 1 once more, under another number."""
    columns = "subscriber_id, list_id, state, at, purpose, evidence_id, voids, personal, salt, digest"
    return f"INSERT INTO consents (id, {columns}) SELECT {new}, {columns} FROM consents WHERE id = 1"  # noqa: S608  ours


@pytest.mark.parametrize(
    ("what", "statements", "seal", "row", "sentence"),
    [
        (
            "a changed state that the projection follows",
            [
                "UPDATE consents SET state = 'confirmed' WHERE id = 6",
                "UPDATE subscriptions SET state = 'confirmed' WHERE consent_id = 6",
            ],
            *(2, 6, "Seal 2 is broken: row 6 is not what was sealed"),
        ),
        (
            "a changed time",
            ["UPDATE consents SET at = at - 1 WHERE id = 3", "UPDATE subscriptions SET since = since - 1"],
            *(1, 3, "row 3 is not what was sealed"),
        ),
        ("another person", ["UPDATE consents SET subscriber_id = 4 WHERE id = 1"], 1, 1, "row 1 is not what was"),
        ("a deleted row", ["DELETE FROM consents WHERE id = 2"], 1, 3, "1 of its rows gone, after row 1"),
        ("the first row deleted", ["DELETE FROM consents WHERE id = 1"], 1, 2, "1 of its rows gone, before row 2"),
        ("the last row deleted", ["DELETE FROM consents WHERE id = 8"], 2, None, "1 of its rows gone, after row 7"),
        ("all rows deleted", ["DELETE FROM consents WHERE id < 6"], 1, None, "5 of its rows gone, all of them"),
        (
            "an inserted row",
            [
                "DELETE FROM consents WHERE id = 9",
                "UPDATE consents SET id = id + 10 WHERE id > 2",
                "UPDATE subscriptions SET consent_id = consent_id + 10 WHERE consent_id > 2",
                copied(3),
            ],
            *(1, 3, "row 3 is not what was sealed"),
        ),
        (
            "two rows that changed places",
            [
                "UPDATE consents SET id = 100 WHERE id = 2",
                "UPDATE consents SET id = 2 WHERE id = 5",
                "UPDATE consents SET id = 5 WHERE id = 100",
            ],
            *(1, 2, "row 2 is not what was sealed"),
        ),
        ("other evidence", ["UPDATE consents SET evidence_id = 2 WHERE id = 5"], 1, 5, "row 5 is not what was sealed"),
        (
            "other evidence under the same number",
            ["UPDATE evidence SET hash = 'x' WHERE id = 2"],
            *(2, 6, "row 6 is not what was sealed"),
        ),
        ("a seal's time", ["UPDATE seals SET at = at - 1 WHERE id = 2"], 2, None, "Seal 2 itself was changed"),
        ("a deleted seal", ["DELETE FROM seals WHERE id = 1"], 1, None, "Seal 1 is gone"),
    ],
)
def test_tampering_with_what_was_sealed_names_seal_and_row(
    sealed: Database, file: Path, what: str, statements: list[str], seal: int, row: int | None, sentence: str
) -> None:
    tamper(sealed, *statements)
    first = looked_at(sealed, file).findings[0]
    assert (first.seal, first.row) == (seal, row), first
    assert sentence in first.words


def test_a_row_before_all_others_is_found_too(sealed: Database, file: Path) -> None:
    tamper(sealed, copied(-1))
    assert "Seal 1 is broken: row -1 was put in later" in words(looked_at(sealed, file))


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE wordings SET text = 'Yes to everything' WHERE id = 1", "Wording 1 is not the text that it was"),
        ("UPDATE evidence SET source = 'elsewhere' WHERE id = 1", "Evidence 1 is not what it was"),
        ("DELETE FROM wordings WHERE id = 2", "Evidence 2 is not what it was"),
        ("DELETE FROM evidence WHERE id = 2", "The evidence of row 6 is gone"),
        ("UPDATE consents SET personal = '{}' WHERE id = 2", "The personal part of row 2 was changed"),
        ("UPDATE consents SET personal = '' WHERE id = 2", "The personal part of row 2 was changed"),
        ("UPDATE consents SET personal = '', salt = NULL WHERE id = 2", "Row 2 has lost its personal part, though"),
        ("UPDATE subscriptions SET state = 'confirmed' WHERE subscriber_id = 1", "For subscriber 1 on list 1"),
        ("UPDATE subscriptions SET opens_since = since WHERE subscriber_id = 5", "For subscriber 5 on list 1"),
        ("UPDATE subscriptions SET opens_since = NULL WHERE subscriber_id = 3", "For subscriber 3 on list 1"),
        ("UPDATE subscriptions SET since = since + 1 WHERE subscriber_id = 5", "For subscriber 5 on list 1"),
        ("DELETE FROM subscriptions WHERE subscriber_id = 5", "For subscriber 5 on list 1 nothing is held"),
        ("DELETE FROM consents WHERE id = 9", "For subscriber 4 on list 1 nothing is held"),
    ],
)
def test_tampering_with_what_goes_along_is_named(sealed: Database, file: Path, statement: str, sentence: str) -> None:
    tamper(sealed, statement)
    assert sentence in words(looked_at(sealed, file))


def test_the_tail_cut_off_with_its_seal_is_known_to_the_journal(sealed: Database, file: Path) -> None:
    tamper(
        sealed,
        "DELETE FROM seals WHERE id = 2",
        "DELETE FROM consents WHERE id > 5",
        "UPDATE subscriptions SET state = 'confirmed', opens_since = NULL, "
        "consent_id = subscriber_id, since = (SELECT at FROM consents c WHERE c.id = subscriptions.subscriber_id)",
        "INSERT INTO subscriptions (list_id, subscriber_id, state, since, consent_id, frequency) "
        "SELECT 1, 4, state, at, 4, 'all' FROM consents WHERE id = 4",
    )
    assert looked_at(sealed, file.with_name("none")).findings == []
    assert "The journal knows another seal 2" in words(looked_at(sealed, file))


def test_a_chain_that_was_sealed_anew_is_known_to_the_journal(sealed: Database, file: Path) -> None:
    tamper(sealed, "UPDATE consents SET evidence_id = 2 WHERE id = 1", "DELETE FROM seals")
    seals.seal(sealed)
    found = looked_at(sealed, file)
    assert [each.seal for each in found.findings] == [2, 1]
    assert looked_at(sealed, file.with_name("none")).findings == []


def test_a_restore_may_take_seals_back_and_that_is_counted(sealed: Database, file: Path) -> None:
    tamper(sealed, "DELETE FROM seals WHERE id = 2")
    with sealed.read() as s:
        restored_at = database_now(s) + timedelta(milliseconds=1)
    found = looked_at(sealed, file, restored_at)
    assert (found.given_up, words(found)) == (1, "")
    seals.seal(sealed)
    found = looked_at(sealed, file, restored_at)
    assert (found.given_up, words(found)) == (1, "")
    tamper(sealed, "UPDATE seals SET hash = 'x' WHERE id = 1")
    assert "The journal knows another seal 1" in words(looked_at(sealed, file, restored_at))


def test_a_damaged_journal_is_told_of(sealed: Database, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"seal":1', b'"seal":7'))
    assert "is damaged" in words(looked_at(sealed, file))


def test_an_erased_person_leaves_the_chain_whole(sealed: Database, file: Path) -> None:
    with sealed.write() as s:
        s.get_one(Subscriber, 2).erased_at = database_now(s)
        s.execute(text("UPDATE consents SET personal = '', salt = NULL WHERE subscriber_id = 2"))
    found = looked_at(sealed, file)
    assert (found.emptied, words(found)) == (1, "")


def test_of_much_that_is_wrong_the_first_is_told_and_all_is_counted(sealed: Database, file: Path) -> None:
    with sealed.write() as s:
        s.execute(text("UPDATE consents SET personal = personal || ' '"))
    found = looked_at(sealed, file)
    assert [each.row for each in found.findings] == list(range(1, found.found + 1)) == list(range(1, 10))
