"""What a published list shows: its sent mails, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.database import Database
from base.errors import NotFound, Refused
from campaigns import archive
from campaigns.archive import Published
from subscribers.keys import Keys
from subscribers.lists import add_list
from tests.campaigns.mailing import ROBIN, Mailing


@pytest.fixture
def mailing(db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    return Mailing(db, keys, tmp_path)


def publish(mailing: Mailing, slug: str = "tips") -> str:
    with mailing.db.write() as s:
        return archive.publish(s, slug, actor="robin").removeprefix("/archive/")


def shown(mailing: Mailing, public_id: str) -> Published | None:
    with mailing.db.read() as s:
        return archive.published(s, public_id, "America/Los_Angeles")


def subjects(mailing: Mailing, public_id: str) -> list[str]:
    found = shown(mailing, public_id)
    assert found is not None
    return [entry.subject for entry in found.entries]


def test_sent_campaigns_stand_in_it_the_newest_first_without_anybodys_name(mailing: Mailing) -> None:
    mailing.people("ana", first_name="Ana")
    mailing.sent(mailing.draft("one", subject="{{ subscriber.first_name | default('Hello') }}, kinder knees"))
    mailing.sent(mailing.draft("two", subject="Kinder hips"))
    page = publish(mailing)
    assert subjects(mailing, page) == ["Kinder hips", "Hello, kinder knees"]
    found = shown(mailing, page)
    assert found is not None
    assert "Ana" not in str(found)
    assert found.entries[0].run == mailing.row("two").public_id
    assert found.changed_at >= found.entries[0].sent_at >= found.entries[1].sent_at


def test_drafts_what_nobody_got_and_what_was_cancelled_are_not_shown(mailing: Mailing) -> None:
    mailing.draft("draft")
    page = publish(mailing)
    assert subjects(mailing, page) == []
    mailing.people("ana", "ben", "cleo")
    mailing.decide("send", ROBIN, slug=mailing.draft("launched"))
    mailing.launch()
    assert subjects(mailing, page) == []
    mailing.deliver()
    assert len(subjects(mailing, page)) == 1
    mailing.put("launched", cancelled_at=mailing.now())
    assert subjects(mailing, page) == []


def test_what_was_written_for_a_segment_stays_among_its_people(mailing: Mailing) -> None:
    mailing.people("ana", "ben")
    mailing.sent(mailing.draft("part", subject="For Ana", segment='email = "ana@example.com"'))
    mailing.sent(mailing.draft("whole", subject="For all"))
    assert mailing.status("part").counts.accepted == 1
    assert subjects(mailing, publish(mailing)) == ["For all"]


def test_a_batch_of_which_everybody_was_skipped_is_nothing_sent(mailing: Mailing) -> None:
    mailing.people("ana")
    mailing.decide("send", ROBIN, slug=mailing.draft("late"))
    mailing.launch()
    mailing.opts_out("ana")
    mailing.deliver()
    assert mailing.status("late").counts.accepted == 0
    assert subjects(mailing, publish(mailing)) == []


def test_a_list_shows_its_own_mails_only(mailing: Mailing) -> None:
    mailing.people("ana")
    mailing.sent(mailing.draft("one"))
    with mailing.db.write() as s:
        add_list(s, "other", "Other")
    assert subjects(mailing, publish(mailing, "other")) == []


def test_only_what_is_published_is_found_and_publishing_anew_keeps_the_address(mailing: Mailing) -> None:
    page = publish(mailing)
    assert publish(mailing) == page
    before = shown(mailing, page)
    with mailing.db.write() as s:
        archive.unpublish(s, "tips")
    assert shown(mailing, page) is shown(mailing, "tips") is shown(mailing, "1") is None
    with mailing.db.write() as s, pytest.raises(Refused, match="not published"):
        archive.unpublish(s, "tips")
    assert publish(mailing) == page
    after = shown(mailing, page)
    assert before is not None
    assert after is not None
    assert before.uid == after.uid


def test_a_list_that_is_not_there_cannot_be_published(mailing: Mailing) -> None:
    with pytest.raises(NotFound, match="no list"):
        publish(mailing, "nothing")
