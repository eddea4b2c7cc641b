from __future__ import annotations

import pytest

from base.database import Database
from base.errors import BadInput, NotFound, Refused
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.lists import add_list, all_lists, get_list
from subscribers.suppression import suppress
from tests.support.people import EVIDENCE, a_list, a_person


def test_lists_are_shown_with_how_many_are_on_them(db: Database, keys: Keys) -> None:
    with db.write() as s:
        tips = a_list(s)
        a_list(s, "news")
        a_person(s, keys, "ann@example.com")
        a_person(s, keys, "bob@example.com", state="pending")
        bounced = a_person(s, keys, "cat@example.com")
        suppress(s, bounced.address_key, "hard bounce", source="event")
        gone = a_person(s, keys, "dee@example.com")
        opt_out(s, address_key=gone.address_key, list_id=tips.id, **EVIDENCE)
    with db.read() as s:
        news, shown = all_lists(s)
        assert (shown.slug, shown.name) == ("tips", "Tips")
        assert (shown.confirmed, shown.pending, shown.withdrawn, shown.mailable) == (2, 1, 1, 1)
        assert (news.confirmed, news.pending, news.withdrawn, news.mailable) == (0, 0, 0, 0)


def test_a_slug_is_taken_once(db: Database) -> None:
    with db.write() as s:
        added = add_list(s, "monthly-tips", " Monthly\r\ntips ")
        assert added.name == "Monthly tips"
        assert get_list(s, "monthly-tips") is added
        with pytest.raises(Refused, match="there already"):
            add_list(s, "monthly-tips", "Again")


def test_an_unknown_list_is_named(sqlite_db: Database) -> None:
    with sqlite_db.read() as s, pytest.raises(NotFound, match="nowhere"):
        get_list(s, "nowhere")


@pytest.mark.parametrize(
    ("slug", "name"),
    [("", "x"), ("Tips", "x"), ("a b", "x"), ("-a", "x"), ("a--b", "x"), ("a" * 65, "x"), ("a", "\n ")],
)
def test_a_list_needs_a_slug_and_a_name(sqlite_db: Database, slug: str, name: str) -> None:
    with sqlite_db.write() as s, pytest.raises(BadInput):
        add_list(s, slug, name)
