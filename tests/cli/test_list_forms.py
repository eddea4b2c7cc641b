"""`tipsheet list add|edit|form`: how people sign up by themselves, and what goes on record of it."""

from __future__ import annotations

from urllib.parse import urlencode

from lxml import html as parser

from base.config import load
from base.database import Database
from subscribers.keys import load_keys
from tests.cli.conftest import Run
from tests.support.signups import waiting
from tests.web.conftest import served


def test_a_form_is_html_that_needs_nothing_and_its_words_are_on_record(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips", "--public", "--double", "--wording", "Yes, 'tips' & more.")
    printed = tipsheet("list", "form", "tips", "--opens")
    assert printed.code == 0
    page = parser.fragment_fromstring(printed.out.strip())
    assert page.get("action") == "http://127.0.0.1:8025/signup/tips"
    assert "Yes, 'tips' & more." in page.text_content()
    assert "12 Larkfield Lane" in page.text_content()
    assert not page.xpath("//script | //link | //img | //iframe")
    assert page.xpath("//input[@type='checkbox']/@checked") == []

    config = load()
    db = Database(config.database.url)
    try:
        tipsheet("list", "edit", "tips", "--wording", "Other words.")
        fields = {each.get("name"): each.get("value") or "" for each in page.xpath("//input")}
        with served(db, load_keys(config.keys.path)) as site:
            answer = site.post("/signup/tips", urlencode({**fields, "email": "ann@example.com"}))
        assert answer.status == 200
        (row,) = waiting(db)
        assert row.opens
    finally:
        db.close()


def test_a_list_is_private_and_single_until_somebody_says_otherwise(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    assert "tipsheet list edit tips --public" in tipsheet("list", "form", "tips").refused()
    before = {"name": "Tips", "opt_in": "single", "public": False, "wording": "", "law": ""}
    assert tipsheet("list", "edit", "tips", "--json").json() == {"slug": "tips", **before}
    after = tipsheet("list", "edit", "tips", "--public", "--double", "--name", "Monthly", "--json").json()
    assert after == {"slug": "tips", "name": "Monthly", "opt_in": "double", "public": True, "wording": "", "law": ""}
    assert "send me Monthly by email" in tipsheet("list", "form", "tips").out


def test_a_name_cannot_be_taken_away(tipsheet: Run) -> None:
    tipsheet("list", "add", "tips", "--name", "Tips")
    assert "needs a name" in tipsheet("list", "edit", "tips", "--name", " ").refused()
