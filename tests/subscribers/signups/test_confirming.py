"""What becomes of a sign-up: mailed, recorded at once or dropped; confirmed once; forgotten in time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.database import Database
from base.errors import NotFound
from subscribers import signups
from subscribers.addresses import address_key, wide_key
from subscribers.card import show
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.lists import archive, count_list, unarchive
from subscribers.models import Consent, List, Subscription
from subscribers.people import find, get_subscriber
from subscribers.signups import confirming
from subscribers.suppression import Reason, mailable, suppress
from tests.support.people import a_person
from tests.support.signups import a_public_list, asked_again_after, due_mails, signs_up, states, waiting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_a_double_list_asks_by_mail_and_only_the_click_makes_a_subscriber(db: Database, keys: Keys) -> None:
    """A campaign that reaches people who never confirmed: notifuse 344."""
    with db.write() as s:
        tips = a_public_list(s).id
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    assert (mail.email, mail.list_name, mail.is_reminder) == ("ann@example.com", "Tips", False)
    with db.read() as s:
        assert find(s, keys, "ann@example.com") is None
        assert count_list(s, s.get_one(List, tips)).waiting == 1
        with pytest.raises(NotFound, match=r"signed up for tips at .* has not confirmed it"):
            get_subscriber(s, keys, "ann@example.com")
    with db.write() as s:
        confirmed = confirming.confirm(s, keys, mail.token)
        assert confirmed is not None
        assert confirmed.is_confirmed
        assert count_list(s, s.get_one(List, tips)).waiting == 0
    with db.read() as s:
        person = get_subscriber(s, keys, "ann@example.com")
        assert list(s.scalars(mailable(tips))) == [person.id]
        rows = show(s, person).consents
    assert person.first_name == "Ann"
    assert [(row.state, row.how) for row in rows] == [("pending", "form"), ("confirmed", "confirmation")]
    assert {row.wording for row in rows} == {"Yes, mail me tips."}


def test_a_single_list_takes_the_forms_word_for_somebody_new(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s, opt_in="single")
    signs_up(db, keys, opens=True)
    assert due_mails(db, keys) == []
    assert states(db, keys) == {"tips": "confirmed"}
    assert waiting(db) == []
    with db.read() as s:
        rows = s.scalars(select(Consent).order_by(Consent.id)).all()
        assert s.scalars(select(Subscription.opens_since)).one() is not None
    assert [(row.purpose, row.state) for row in rows] == [("marketing", "confirmed"), ("open tracking", "confirmed")]
    assert rows[0].personal == '{"address":"ann@example.com","ip":"203.0.113.7"}'


def test_two_services_that_look_at_the_same_moment_send_one_mail(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s)
    signs_up(db, keys)
    (row,) = waiting(db)
    both = threading.Barrier(2)

    def look(_: int) -> object:
        both.wait(10)
        with db.write() as s:
            return confirming.take(s, keys, row.id, may_mail=True)

    with ThreadPoolExecutor(2) as services:
        assert len([mail for mail in services.map(look, range(2)) if mail]) == 1


@pytest.mark.parametrize("opt_in", ["single", "double"])
def test_who_is_confirmed_gets_no_mail_and_nothing_changes(db: Database, keys: Keys, opt_in: str) -> None:
    with db.write() as s:
        a_public_list(s, opt_in=opt_in)
        a_person(s, keys, first_name="Annika")
    signs_up(db, keys)
    assert due_mails(db, keys) == []
    with db.read() as s:
        card = show(s, get_subscriber(s, keys, "ann@example.com"))
    assert (card.first_name, len(card.consents)) == ("Annika", 1)


@pytest.mark.parametrize("reason", ["hard bounce", "complaint", "manual", "invalid"])
@pytest.mark.parametrize("opt_in", ["single", "double"])
def test_a_stop_that_is_not_their_own_will_sends_nothing_at_all(
    db: Database, keys: Keys, reason: Reason, opt_in: str
) -> None:
    """A suppressed person is deleted, signs up again, is mailed and refused for ever: Ghost 27408."""
    with db.write() as s:
        a_public_list(s, opt_in=opt_in)
        suppress(s, address_key(keys, "ann@example.com"), reason, source="test")
    signs_up(db, keys)
    assert due_mails(db, keys) == []
    assert waiting(db) == []
    assert states(db, keys) == {}


@pytest.mark.parametrize("opt_in", ["single", "double"])
@pytest.mark.parametrize("known", [True, False])
def test_who_opted_out_comes_back_only_by_the_link_in_their_mailbox(
    db: Database, keys: Keys, opt_in: str, known: bool
) -> None:
    """An import re-subscribes (Ghost 16268), an addition loses the history (buttondown 704): a form does neither."""
    with db.write() as s:
        tips = a_public_list(s, opt_in=opt_in).id
        if known:
            a_person(s, keys)
        opt_out(s, address_key=address_key(keys, "ann@example.com"), list_id=None, how="page", source="t", actor="t")
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    assert states(db, keys).get("tips") in ("withdrawn", None)
    with db.write() as s:
        confirming.confirm(s, keys, mail.token)
    with db.read() as s:
        person = get_subscriber(s, keys, "ann@example.com")
        assert list(s.scalars(mailable(tips))) == [person.id]
        history = [row.state for row in show(s, person).consents]
    assert history == (["confirmed", "withdrawn"] if known else []) + ["pending", "confirmed"]


def test_a_stop_on_the_mailbox_holds_for_every_way_to_write_it(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s, opt_in="single")
        wide = wide_key(keys, "annlee@gmail.com")
        assert wide is not None
        suppress(s, address_key(keys, "annlee@gmail.com"), "complaint", source="test", wide=wide)
    signs_up(db, keys, "ann.lee+tips@gmail.com")
    assert due_mails(db, keys) == []
    assert states(db, keys, "ann.lee+tips@gmail.com") == {}


def test_confirming_twice_is_harmless_and_says_the_same(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s)
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    for _ in range(3):
        with db.write() as s:
            found = confirming.confirm(s, keys, mail.token)
            assert found is not None
            assert found.is_confirmed
    with db.read() as s:
        assert len(show(s, get_subscriber(s, keys, "ann@example.com")).consents) == 2
    (left,) = waiting(db)
    assert (left.email, left.personal, left.fields) == ("", "", "{}")


def test_after_an_opt_out_the_old_link_brings_nobody_back(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s)
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    with db.write() as s:
        confirming.confirm(s, keys, mail.token)
        opt_out(s, address_key=address_key(keys, "ann@example.com"), list_id=None, how="page", source="t", actor="t")
    with db.write() as s:
        assert confirming.look(s, mail.token) is None
        assert confirming.confirm(s, keys, mail.token) is None
    assert states(db, keys) == {"tips": "withdrawn"}


def test_one_address_gets_one_mail_an_hour_and_three_a_day(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
    left = 0
    for _ in range(48):
        signs_up(sqlite_db, keys)
        left += len(due_mails(sqlite_db, keys))
        asked_again_after(sqlite_db, HOUR / 2)
    assert left == 3


def test_a_second_list_within_the_hour_waits_for_its_mail(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
        a_public_list(s, "news")
    signs_up(sqlite_db, keys)
    signs_up(sqlite_db, keys, slug="news")
    assert [mail.list_name for mail in due_mails(sqlite_db, keys)] == ["Tips"]
    asked_again_after(sqlite_db, HOUR)
    assert [mail.list_name for mail in due_mails(sqlite_db, keys)] == ["News"]


def test_one_reminder_with_the_same_link_then_it_is_forgotten(db: Database, keys: Keys) -> None:
    with db.write() as s:
        a_public_list(s)
    signs_up(db, keys)
    (first,) = due_mails(db, keys)
    asked_again_after(db, 2 * DAY)
    assert due_mails(db, keys) == []
    asked_again_after(db, DAY)
    (second,) = due_mails(db, keys)
    assert (second.token, second.is_reminder) == (first.token, True)
    asked_again_after(db, 3.9 * DAY)
    assert due_mails(db, keys) == []
    with db.read() as s:
        assert confirming.look(s, first.token) is not None
        assert not signups.has_expired(s)
    asked_again_after(db, 0.2 * DAY)
    with db.write() as s:
        assert confirming.confirm(s, keys, first.token) is None
        assert signups.has_expired(s)
        assert signups.purge(s) == 1
    assert states(db, keys) == {}


def test_who_says_no_after_asking_is_not_reminded(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
    signs_up(sqlite_db, keys)
    assert len(due_mails(sqlite_db, keys)) == 1
    time.sleep(0.002)  # the record knows milliseconds
    with sqlite_db.write() as s:
        opt_out(s, address_key=address_key(keys, "ann@example.com"), list_id=None, how="form", source="t", actor="t")
    asked_again_after(sqlite_db, 3 * DAY)
    assert due_mails(sqlite_db, keys) == []
    assert waiting(sqlite_db) == []


def test_what_was_not_taken_is_tried_again_later_and_later(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
    signs_up(sqlite_db, keys)
    for minutes in (2, 4, 8):
        (mail,) = due_mails(sqlite_db, keys)
        with sqlite_db.write() as s:
            signups.came_back(s, mail.sign_up, "429", for_good=False)
        asked_again_after(sqlite_db, timedelta(minutes=minutes - 1))
        assert due_mails(sqlite_db, keys) == []
        asked_again_after(sqlite_db, timedelta(minutes=1))
    assert len(due_mails(sqlite_db, keys)) == 1


def test_a_refused_address_is_not_tried_again(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
    signs_up(sqlite_db, keys)
    (mail,) = due_mails(sqlite_db, keys)
    with sqlite_db.write() as s:
        signups.came_back(s, mail.sign_up, "no such domain", for_good=True)
    asked_again_after(sqlite_db, 6 * DAY)
    assert due_mails(sqlite_db, keys) == []


@pytest.mark.parametrize("change", ["", "A" * 43, "A" * 42 + "é", "a/b", "x" * 5000])
def test_what_is_no_link_of_ours_is_nothing(sqlite_db: Database, keys: Keys, change: str) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
        assert confirming.look(s, change) is None
        assert confirming.confirm(s, keys, change) is None


def test_a_link_survives_the_exchange_of_link_keys(sqlite_db: Database, keys: Keys) -> None:
    with sqlite_db.write() as s:
        a_public_list(s)
    signs_up(sqlite_db, keys)
    rotated = Keys(address=keys.address, links=(b"N" * 32, *keys.links))
    (mail,) = due_mails(sqlite_db, rotated)
    with sqlite_db.write() as s:
        assert confirming.confirm(s, rotated, mail.token) is not None


def test_nobody_is_put_on_an_archived_list_by_a_link_from_before(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_public_list(s).id
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    with db.write() as s:
        archive(s, "tips")
        assert confirming.look(s, mail.token) is None
        assert confirming.confirm(s, keys, mail.token) is None
    assert states(db, keys) == {}
    with db.write() as s:
        unarchive(s, "tips")
        assert confirming.confirm(s, keys, mail.token) is not None
        assert len(s.scalars(mailable(tips)).all()) == 1
