"""What is written out is what is there, on both databases."""

from __future__ import annotations

from sqlalchemy import select

from base.database import Database
from subscribers import exporting
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.suppression import suppress
from tests.support.people import CONSENT, EVIDENCE, a_list, a_person


def test_everybody_of_a_list_is_a_row_with_fields_tags_and_state(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        a_list(s, "news")
        a_person(s, keys, first_name="Ann", tags=("runner", "new"), custom={"city": "Milpitas"})
        bob = a_person(s, keys, "bob@example.com")
        a_person(s, keys, "eve@example.com", list_slug="news")
        opt_out(s, address_key=bob.address_key, list_id=tips.id, **EVIDENCE)
    with db.read() as s:
        rows = list(exporting.subscribers(s, tips.id))
        assert set(rows[0]) == set(exporting.subscriber_columns(s))
    assert [(row["email"], row["tipsheet_state"]) for row in rows] == [
        ("ann@example.com", "confirmed"),
        ("bob@example.com", "withdrawn"),
    ]
    assert (rows[0]["first_name"], rows[0]["tags"], rows[0]["city"]) == ("Ann", "new;runner", "Milpitas")
    assert rows[0]["tipsheet_source"] == "form"


def test_chosen_people_narrow_it(db: Database, keys: Keys) -> None:
    named = select(Subscriber.id).where(Subscriber.first_name == "Ann")
    with db.write() as s:
        tips = a_list(s)
        a_person(s, keys, first_name="Ann")
        a_person(s, keys, "bob@example.com")
    with db.read() as s:
        assert [row["email"] for row in exporting.subscribers(s, tips.id, named)] == ["ann@example.com"]


def test_more_people_than_fit_in_a_page_are_all_written_once(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        for number in range(25):
            a_person(s, keys, f"p{number}@example.com", tags=(f"t{number}",))
    page, exporting.PAGE = exporting.PAGE, 10
    try:
        with db.read() as s:
            rows = list(exporting.subscribers(s, tips.id))
    finally:
        exporting.PAGE = page
    assert {row["email"]: row["tags"] for row in rows} == {f"p{n}@example.com": f"t{n}" for n in range(25)}
    assert len(rows) == 25


def test_each_consent_stands_with_the_wording_that_was_shown(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        opt_out(s, address_key=ann.address_key, list_id=tips.id, **EVIDENCE)
    with db.read() as s:
        given, withdrawn = exporting.consents(s)
    assert (given["state"], given["wording"], given["list"]) == ("confirmed", CONSENT["wording"], "tips")
    assert given["personal"] == '{"address":"ann@example.com"}'
    assert (withdrawn["state"], withdrawn["actor"], withdrawn["email"]) == ("withdrawn", "test", "ann@example.com")
    assert set(given) == set(exporting.CONSENT_COLUMNS)


def test_a_stop_is_named_by_address_where_somebody_has_it_and_by_key_where_nobody_does(
    db: Database, keys: Keys
) -> None:
    with db.write() as s:
        tips = a_list(s)
        ann = a_person(s, keys)
        suppress(s, ann.address_key, "hard bounce", source="an event")
        suppress(s, b"\7" * 32, "opt-out", list_id=tips.id, source="a page")
    with db.read() as s:
        known, unknown = exporting.suppressions(s)
    assert (known["email"], known["list"], known["reason"]) == ("ann@example.com", "", "hard bounce")
    assert (unknown["address_key"], unknown["email"], unknown["list"]) == ("07" * 32, "", "tips")
