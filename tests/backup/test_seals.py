"""Seals made after a backup say nothing to a restore, and verification knows that it took them back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from backup.save import Saved
from base.database import Database
from delivery.installation import restored_at
from subscribers.journal import Journal
from subscribers.keys import Keys
from subscribers.proof import seals
from subscribers.proof.chain import Verified, verify
from tests.backup.conftest import Back
from tests.support.people import a_list, a_person


def looked_at(db: Database, journal: Journal) -> Verified:
    with db.read() as s:
        restored = restored_at(s)
    return verify(db, journal_file=journal.path, restored_at=restored, progress=lambda done, total: None)


def test_a_restored_chain_proves_and_goes_on(
    filled: Database, empty: Database, saved: Callable[[Database], Saved], back: Back, journal: Journal, keys: Keys
) -> None:
    seals.seal(filled)
    saved(filled)
    with filled.write() as s:
        a_list(s, "later")
        a_person(s, keys, "late@example.com", list_slug="later")
    seals.seal(filled)
    back(empty)
    found = looked_at(empty, journal)
    assert (found.seals, found.in_journal, found.given_up, found.findings) == (1, 2, 1, [])
    with closing(Database(empty.engine.url.render_as_string(hide_password=False), journal.keep)) as again:
        with again.write() as s:
            a_list(s, "other")
            a_person(s, keys, "other@example.com", list_slug="other")
        seals.seal(again)
    found = looked_at(empty, journal)
    assert (found.seals, found.in_journal, found.given_up, found.findings) == (2, 3, 1, [])
