"""Undoing an import: its consents never counted, as long as nobody was mailed by them."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from base.database import Database, database_now
from base.errors import NotFound, Refused
from delivery.mailed import mailed
from delivery.models import Batch, Delivery, DeliveryException, Run, StoredMessage
from subscribers.audit import read
from subscribers.importing import imports
from subscribers.importing.imports import get_import, list_imports, undo_import
from subscribers.keys import Keys
from subscribers.models import Consent, Subscriber, Subscription, Suppression
from subscribers.suppression import mailable
from tests.subscribers.importing.conftest import BringIn
from tests.support.people import a_person


def may_be_mailed(db: Database, list_id: int) -> set[str]:
    with db.read() as s:
        return set(s.scalars(select(Subscriber.email).where(Subscriber.id.in_(mailable(list_id)))))


def send(db: Database, list_id: int, state: str, *, skipped: bool = False) -> None:
    """What the ledger holds of one campaign to everybody on the list."""
    with db.write() as s:
        at = database_now(s)
        s.add(StoredMessage(id=1, hash="h", body="{}", created_at=at))
        s.flush()
        s.add(
            Run(
                id=1,
                public_id="r",
                list_id=list_id,
                message_id=1,
                envelope="{}",
                batch_size=9,
                not_before=at,
                not_after=at,
            )
        )
        s.flush()
        s.add(
            Batch(
                run_id=1,
                number=1,
                state=state,
                not_before=at,
                not_after=at,
                size=1,
                first_subscriber=1,
                last_subscriber=9,
            )
        )
        for subscriber_id in s.scalars(select(Subscription.subscriber_id)).all():
            s.add(Delivery(run_id=1, subscriber_id=subscriber_id, batch=1))
            if skipped:
                s.add(
                    DeliveryException(run_id=1, subscriber_id=subscriber_id, batch=1, kind="skipped", reason="x", at=at)
                )


def test_nobody_is_on_the_list_by_an_import_that_was_undone(
    db: Database, keys: Keys, tips: int, bring_in: BringIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PAGE", 10)
    with db.write() as s:
        a_person(s, keys, "ann@example.com")
    people = "".join(f"p{n}@example.com\n" for n in range(35))
    report = bring_in(f"email\nann@example.com\n{people}")
    assert report.id is not None
    assert len(may_be_mailed(db, tips)) == 36
    assert undo_import(db, report.id, "eve", mailed) == 35
    assert may_be_mailed(db, tips) == {"ann@example.com"}
    with db.read() as s:
        assert get_import(s, report.id).state == "undone"
        assert s.scalar(select(func.count()).select_from(Consent).where(Consent.state == "void")) == 35
        (last,) = [each for each in read(s, most=9) if each.action == "import undo"]
        assert (last.actor, last.about) == ("eve", str(report.id))
    assert undo_import(db, report.id, "eve", mailed) == 0, "again does no harm"


def test_what_was_undone_can_be_imported_again(db: Database, tips: int, bring_in: BringIn) -> None:
    first = bring_in("email\nann@example.com\n")
    assert first.id is not None
    undo_import(db, first.id, "eve", mailed)
    second = bring_in("email\nann@example.com\n")
    assert second.id != first.id
    assert (second.updated, second.new) == (1, 0)
    assert may_be_mailed(db, tips) == {"ann@example.com"}


@pytest.mark.parametrize("state", ["leaving", "accepted", "uncertain"])
def test_an_import_whose_people_were_mailed_is_not_undone(
    db: Database, tips: int, bring_in: BringIn, state: str
) -> None:
    report = bring_in("email\nann@example.com\nbob@example.com\n")
    assert report.id is not None
    send(db, tips, state)
    with pytest.raises(Refused, match="2 of the people of import 1 were mailed"):
        undo_import(db, report.id, "eve", mailed)
    assert len(may_be_mailed(db, tips)) == 2
    with db.read() as s:
        assert get_import(s, report.id).state == "done"


@pytest.mark.parametrize(("state", "skipped"), [("planned", False), ("skipped", False), ("accepted", True)])
def test_a_mail_that_never_left_is_no_hindrance(
    db: Database, tips: int, bring_in: BringIn, state: str, skipped: bool
) -> None:
    report = bring_in("email\nann@example.com\n")
    assert report.id is not None
    send(db, tips, state, skipped=skipped)
    assert undo_import(db, report.id, "eve", mailed) == 1


def test_stops_that_came_along_stay(db: Database, bring_in: BringIn) -> None:
    report = bring_in("email,status\nann@example.com,unsubscribed\nbob@example.com,\n")
    assert report.id is not None
    undo_import(db, report.id, "eve", mailed)
    with db.read() as s:
        assert s.scalars(select(Suppression.reason)).all() == ["opt-out"]


def test_an_import_that_is_not_there_is_named(db: Database) -> None:
    with pytest.raises(NotFound, match="no import 7; see them all"):
        undo_import(db, 7, "eve", mailed)
    with db.read() as s, pytest.raises(NotFound, match="no import 7"):
        get_import(s, 7)


def test_imports_are_listed_with_what_they_counted(db: Database, bring_in: BringIn) -> None:
    bring_in("email\nann@example.com\nbad\n")
    bring_in("email\nann@example.com\n", name="more.csv")
    with db.read() as s:
        newest, oldest = list_imports(s)
    assert (newest.file, newest.list, newest.state, newest.left_out) == ("more.csv", "tips", "done", 0)
    assert (oldest.counts, oldest.read, oldest.left_out) == ({"new": 1, "invalid": 1}, 2, 1)
    assert oldest.settings["basis"] == "They asked."
