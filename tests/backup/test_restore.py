from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, text

import migrations
from backup.save import Saved
from base.database import Database, database_now
from base.errors import Broken, Refused
from campaigns.articles.edits import Wish, set_by_hand
from campaigns.articles.source import read_bytes
from campaigns.articles.store import add_article
from delivery import heartbeat, installation
from delivery.erasing import erase
from migrations import Schema
from subscribers.addresses import address_key
from subscribers.changes.editing import change_address
from subscribers.changes.merging import merge
from subscribers.keys import Keys
from subscribers.models import Subscriber
from subscribers.people import get_subscriber
from subscribers.suppression import stops
from tests.backup.conftest import Back, everything
from tests.support.people import a_person

Save = Callable[[Database], Saved]


def test_what_was_saved_comes_back_row_by_row_on_either_database(
    filled: Database, empty: Database, saved: Save, back: Back
) -> None:
    before = everything(filled)
    count = saved(filled)
    done = back(empty)
    after = everything(empty)
    assert done.rows == count.rows == sum(map(len, before.values()))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"installation"}
    assert len(before["subscribers"]) == 5
    assert migrations.state(empty) is Schema.CURRENT
    with empty.read() as s:
        assert installation.why_off(s) == ""


def test_words_set_by_hand_where_nothing_had_been_read_come_back(
    filled: Database, empty: Database, saved: Save, back: Back
) -> None:
    with filled.write() as s:
        read = read_bytes(b"# Stiff neck\n\nFive minutes do.\n", name="neck.md", markdown=True)
        article = add_article(s, read, actor="sam")
        set_by_hand(s, article, Wish(lead="Start today.", key_points=["Nod first"]), actor="sam")
    before = everything(filled)["article_edits"]
    saved(filled)
    back(empty)
    assert len(before) == 2
    assert everything(empty)["article_edits"] == before


def test_nobody_gets_an_id_that_may_have_been_given_since(
    filled: Database, empty: Database, saved: Save, back: Back, keys: Keys
) -> None:
    saved(filled)
    back(empty)
    with filled.write() as s:
        later = a_person(s, keys, "later@example.com").id
    with empty.write() as s:
        assert a_person(s, keys, "other@example.com").id > later + 1000
        s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('b', 'B', 1)"))


def test_a_database_with_people_in_it_is_not_written_over_unasked(
    filled: Database, saved: Save, back: Back, keys: Keys
) -> None:
    saved(filled)
    with filled.write() as s:
        a_person(s, keys, "later@example.com")
    with pytest.raises(Refused, match="is not empty; back it up, then restore over it with --replace"):
        back(filled)
    done = back(filled, replace=True)
    assert done.rows > 5
    with filled.read() as s:
        assert "later@example.com" not in s.scalars(select(Subscriber.email)).all()


def test_a_database_that_was_just_made_is_empty(filled: Database, saved: Save, back: Back, tmp_path: Path) -> None:
    saved(filled)
    url = f"sqlite:///{tmp_path}/new.db"
    migrations.upgrade(url)
    db = Database(url)
    with db.write() as s:
        installation.sign_in(s, "here", "robin")
    assert back(db).rows > 5
    db.close()


def test_a_service_at_work_is_not_pulled_from_under(filled: Database, saved: Save, back: Back) -> None:
    saved(filled)
    with filled.write() as s:
        heartbeat.beat(s, "a service")
    with pytest.raises(Refused, match=r"A service is at work on .*; stop it"):
        back(filled, replace=True)


def test_other_keys_are_refused_before_anything_is_changed(
    filled: Database, saved: Save, keys: Keys, tmp_path: Path
) -> None:
    from backup.restore import Wish, restore

    saved(filled)
    before = everything(filled)
    other = Keys(address=b"x" * 32, links=keys.links)
    with pytest.raises(Broken, match="address key is not the one"):
        restore(filled, other, tmp_path / "backup", Wish(None, True), lambda _: None)
    assert everything(filled) == before
    assert keys.address.hex() not in (tmp_path / "backup").read_bytes().hex()


def test_an_older_backup_is_brought_up_to_date(
    source: Database, empty: Database, saved: Save, back: Back, keys: Keys
) -> None:
    with source.write() as s:
        migrations.rebuild(s, "0001")
        s.execute(text("INSERT INTO lists (slug, name, created_at) VALUES ('tips', 'Tips', 1)"))
        from subscribers.keys import store_fingerprints

        store_fingerprints(s, keys)
    saved(source)
    with pytest.raises(Refused, match="older than the journal; restore it with --without-journal"):
        back(empty)
    assert back(empty, with_journal=False).rows == 3
    assert migrations.state(empty) is Schema.CURRENT


def test_without_the_journal_nothing_is_sent_until_a_person_has_looked(
    filled: Database, empty: Database, saved: Save, back: Back
) -> None:
    saved(filled)
    assert "without its journal," in back(empty, with_journal=False).sending_off
    with pytest.raises(Refused, match="tipsheet suppression pull"), empty.write() as s:
        installation.resume(s, pulls=True)
    with empty.write() as s:
        installation.installation(s).pulled_at = database_now(s)
        installation.resume(s, pulls=True)
        assert installation.why_off(s) == ""
    with pytest.raises(Refused, match="Sending is on"), empty.write() as s:
        installation.resume(s, pulls=True)


def test_without_its_journal_a_restore_has_to_be_asked_for(
    filled: Database, empty: Database, saved: Save, back: Back, tmp_path: Path
) -> None:
    saved(filled)
    (tmp_path / "journal").unlink()
    with pytest.raises(Refused, match=r"There is no journal at .* --without-journal"):
        back(empty)
    assert migrations.state(empty) is Schema.ABSENT


def test_a_restore_erases_again_who_was_erased_since_the_backup(
    filled: Database, keys: Keys, saved: Save, back: Back
) -> None:
    saved(filled)
    with filled.write() as s:
        erase(s, keys, get_subscriber(s, keys, "p1@example.com"), actor="robin", because="their letter")
    back(filled, replace=True)
    with filled.read() as s:
        assert sorted(s.scalars(select(Subscriber.email)))[:2] == ["", "p2@example.com"]
        assert [x.reason for x in stops(s, address_key(keys, "p1@example.com"))] == ["erasure"]


def test_a_restore_erases_again_who_had_another_address_or_row_in_the_backup(
    filled: Database, keys: Keys, saved: Save, back: Back
) -> None:
    saved(filled)
    why = {"actor": "robin", "because": "their letter"}
    with filled.write() as s:
        first, second, third = (get_subscriber(s, keys, f"p{n}@example.com") for n in (1, 2, 3))
        merge(s, first, second, **why)
        change_address(s, keys, first, "new@example.com", **why)
        change_address(s, keys, third, "p1@example.com", **why)  # whom nobody erases
        erase(s, keys, first, **why)
    back(filled, replace=True)
    with filled.read() as s:
        assert sorted(s.scalars(select(Subscriber.email)))[:3] == ["", "", "p3@example.com"]
