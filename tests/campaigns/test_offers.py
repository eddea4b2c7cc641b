from __future__ import annotations

from datetime import UTC, datetime

import pytest

from base.database import Database
from base.errors import BadInput, NotFound, Refused
from campaigns.models import Article
from campaigns.offers import CALL_TO_ACTION, Draft, Validity, add_offer, all_offers, get_offer, proposed, validity

URL = "https://larkfield.example/gait"
ALWAYS = Validity("Europe/Berlin")
FOUND = {"title": "Free gait check", "body": "Come by.", "phone": "", "url": "", "cta": "Book a check"}


def article(*offers: dict[str, str]) -> Article:
    return Article(slug="stretch", title="Stretch", phone="(555) 010-0142", offers=list(offers))


def test_an_offer_keeps_what_was_given_and_when_and_by_whom(db: Database) -> None:
    valid = validity("2026-12-01", "2026-12-31", "America/Los_Angeles")
    draft = Draft(" Free check ", "Come by.\n", "Book", URL, "(555) 010-0142", "New clients only.")
    with db.write() as s:
        add_offer(s, draft, valid, actor="robin")
    with db.read() as s:
        kept = get_offer(s, "free-check")
        assert (kept.title, kept.body, kept.cta_label, kept.cta_url) == ("Free check", "Come by.", "Book", URL)
        assert (kept.phone, kept.terms, kept.added_by) == ("(555) 010-0142", "New clients only.", "robin")
        assert (kept.valid_from, kept.valid_until) == (valid.start, valid.end)
        assert all_offers(s) == [kept]


def test_a_button_without_words_gets_some_and_an_offer_by_phone_no_button(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        assert add_offer(s, Draft("A", cta_url=URL), ALWAYS, actor="robin").cta_label == CALL_TO_ACTION
        by_phone = add_offer(s, Draft("B", cta_label="Book", cta_url="", phone="555 0142"), ALWAYS, actor="robin")
        assert (by_phone.cta_label, by_phone.cta_url) == ("", "")


def test_a_slug_is_taken_once(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        add_offer(s, Draft("A", cta_url=URL), ALWAYS, actor="robin")
        with pytest.raises(Refused, match="The offer a is there already; choose another name with --slug"):
            add_offer(s, Draft("A!", cta_url=URL), ALWAYS, actor="robin")
        assert add_offer(s, Draft("A!", cta_url=URL), ALWAYS, slug="b", actor="robin").slug == "b"


def test_the_words_of_the_button_do_not_stand_above_it_too() -> None:
    found = {**FOUND, "body": "Come by.\n\nBook a check!"}
    assert proposed(article(found)).body == "Come by."


def test_what_an_article_did_not_say_stays_open() -> None:
    draft = proposed(article(FOUND))
    assert draft == Draft("Free gait check", "Come by.", "Book a check")
    assert Draft(cta_url=URL).over(draft) == Draft("Free gait check", "Come by.", "Book a check", URL)
    assert Draft(title="").over(draft).title == ""
    with pytest.raises(NotFound, match="No offer was found in the article stretch"):
        proposed(article())


def test_a_last_day_without_a_time_is_meant_whole() -> None:
    valid = validity("2026-12-01", "2026-12-31", "America/Los_Angeles")
    assert valid.start == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert valid.end == datetime(2027, 1, 1, 8, tzinfo=UTC)
    assert validity(None, "2026-12-31 18:30", "Europe/Berlin").end == datetime(2026, 12, 31, 17, 30, tzinfo=UTC)


def test_a_last_day_on_which_clocks_go_back_is_25_hours_long() -> None:
    valid = validity("2026-11-01", "2026-11-01", "America/Los_Angeles")
    assert valid.start
    assert valid.end
    assert (valid.end - valid.start).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    ("start", "end", "zone"),
    [
        ("2026-12-02", "2026-12-01", "Europe/Berlin"),
        ("2026-12-01 09:00", "2026-12-01 09:00", "Europe/Berlin"),
        ("tomorrow", None, "Europe/Berlin"),
        (None, "2026-02-30", "Europe/Berlin"),
        (None, "9999-12-31", "Europe/Berlin"),
        ("0001-01-01", None, "Asia/Tokyo"),
        (None, None, "Larkfield"),
    ],
)
def test_times_that_cannot_be_are_refused(start: str | None, end: str | None, zone: str) -> None:
    with pytest.raises(BadInput):
        validity(start, end, zone)
