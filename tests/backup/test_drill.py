"""The restore drill: the database is lost in the middle of a day's work, and yesterday's file comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from backup.save import Saved
from base.config import LocalgridConfig
from base.database import Database
from campaigns.articles.edits import Wish, set_by_hand
from campaigns.articles.source import read_bytes
from campaigns.articles.store import get_article, renew
from delivery import installation
from delivery.outbox import Outbox, Pace
from delivery.providers import open_provider
from delivery.pull import pull
from delivery.settle import Rules, settle
from subscribers.keys import Keys
from tests.backup.conftest import Back
from tests.campaigns.mailing import ROBIN, Mailing, settings
from tests.localgrid.support import Running, running

PEOPLE, GONE = 40, 5
NOW = Rules(by_proof=True, waiting=timedelta(), between_probes=timedelta(hours=1))


class Day:
    """A clinic with two campaigns when the backup is made, and what happens until the disk breaks."""

    def __init__(self, db: Database, keys: Keys, folder: Path, grid: Running) -> None:
        self.grid, self.office = grid, Mailing(db, keys, folder)
        port = int(urlsplit(grid.url).port or 0)
        config = settings(folder, provider="local", batch_size=4)
        self.office.config = replace(config, localgrid=LocalgridConfig(port=port, path=grid.data))
        self.provider = open_provider(self.office.config)
        self.office.crowd(PEOPLE)
        self.begin("first")
        self.office.draft("second")

    def begin(self, slug: str) -> None:
        if slug != "second":
            self.office.draft(slug)
        self.office.decide("send", ROBIN, slug=slug)
        self.office.launch()

    def until_the_disk_breaks(self) -> None:
        for n in range(1, GONE + 1):
            self.office.opts_out(f"p{n}")
        self.deliver(batches=4)
        self.grid.faults({"kind": "reset", "times": 1, "args": {"when": "after"}})
        self.deliver(batches=1)  # taken, and nobody heard of it
        self.office.decide("pause", slug="first")
        self.begin("second")
        self.deliver()
        self.begin("third")
        self.deliver()

    def deliver(self, batches: int = 1_000) -> None:
        outbox = Outbox(self.office.db, self.provider, self.office.keys, Pace(1, timedelta(milliseconds=1), ()))
        while batches and outbox.step():
            batches -= 1

    def look_and_resume(self) -> None:
        pull(self.office.db, self.office.keys, self.provider)
        with self.office.db.write() as s:
            installation.resume(s, pulls=True)

    def mails(self) -> Counter[tuple[str, str]]:
        """How often each person got each campaign, by the mailbox's own file."""
        return Counter((row["custom_args"]["ts_run"], row["to"]) for row in self.grid.mailbox())

    def by_hand(self, lead: str) -> None:
        with self.office.db.write() as s:
            set_by_hand(s, get_article(s, "knees"), Wish(lead=lead), actor="sam")

    def is_read_again(self, text: bytes) -> None:
        with self.office.db.write() as s:
            assert renew(s, get_article(s, "knees"), read_bytes(text, name="knees.md", markdown=True))

    def last_words(self) -> str:
        """What the last mail that arrived says, by the mailbox's own files."""
        bodies = [row["body"] for row in self.grid.mailbox()[-1:]]
        return "".join((self.grid.data / "bodies" / f"{body}.json").read_text("utf-8") for body in bodies)

    def gone(self) -> set[str]:
        return {f"p{n}@example.com" for n in range(1, GONE + 1)}


@pytest.fixture
def day(source: Database, keys: Keys, tmp_path: Path) -> Iterator[Day]:
    with running(tmp_path / "grid") as grid:
        made = Day(source, keys, tmp_path, grid)
        yield made
        made.provider.close()


def test_with_the_journal_nobody_gets_it_twice_and_everybody_once(
    day: Day, saved: Callable[[Database], Saved], back: Back
) -> None:
    office = day.office
    saved(office.db)
    day.until_the_disk_breaks()
    before = day.mails()
    assert len(before) == 20 - GONE + 2 * (PEOPLE - GONE)

    done = back(office.db, replace=True)
    assert (done.replayed.stops, done.held) == (GONE, ["first", "second"])
    assert done.replayed.uncertain == 1
    day.deliver()
    assert day.mails() == before, "sending is off: the third campaign is not in the backup"

    day.look_and_resume()
    assert "it was paused after the backup" in office.status("first").attention
    office.decide("resume", slug="first")
    day.deliver()
    settle(office.db, day.provider, NOW)
    day.deliver()
    first = office.status("first")
    assert (first.state, first.counts.accepted, first.counts.skipped) == ("sent", PEOPLE - GONE, GONE)

    assert office.state("second") == "needs_attention"
    assert "tipsheet campaign send second" in office.status("second").attention
    office.decide("send", ROBIN, slug="second")
    office.launch()
    day.deliver()
    assert office.status("second").counts.skipped == PEOPLE - GONE
    assert "before a restore" in str(office.why("p20", "second").steps)
    assert set(day.mails().values()) == {1}
    assert len(day.mails()) == 3 * (PEOPLE - GONE)
    assert not day.gone() & {to for _, to in day.mails()}


def test_without_the_journal_nothing_leaves_before_a_person_has_looked(
    day: Day, saved: Callable[[Database], Saved], back: Back
) -> None:
    office = day.office
    saved(office.db)
    day.until_the_disk_breaks()
    before = day.mails()

    done = back(office.db, with_journal=False, replace=True)
    assert done.held == ["first", "second"]
    day.deliver()
    day.look_and_resume()
    office.launch()
    day.deliver()
    assert [office.state(slug) for slug in ("first", "second")] == ["needs_attention"] * 2
    assert "tipsheet campaign resume first" in office.status("first").attention
    assert day.mails() == before

    for n in range(1, GONE + 1):
        office.opts_out(f"p{n}")  # from another trace of them, as the page on operations says
    for slug in ("first", "second"):
        office.decide("cancel", slug=slug)
    day.begin("fourth")
    day.deliver()
    assert office.status("fourth").counts.accepted == PEOPLE - GONE
    assert len(day.mails()) == len(before) + PEOPLE - GONE
    assert set(day.mails().values()) == {1}
    assert not day.gone() & {to for _, to in day.mails()}


@pytest.mark.parametrize("with_journal", [True, False])
def test_words_set_by_hand_come_back_and_stand_against_the_next_reading(
    day: Day, saved: Callable[[Database], Saved], back: Back, with_journal: bool
) -> None:
    day.by_hand("Your knees like it slow.")
    saved(day.office.db)
    day.by_hand("Written after the backup.")
    day.until_the_disk_breaks()
    assert "Written after the backup." in day.last_words()

    back(day.office.db, with_journal=with_journal, replace=True)
    day.is_read_again(b"# Kinder knees\n\nThe page says something new.\n")
    day.look_and_resume()
    day.begin("fourth")
    day.deliver()
    said = day.last_words()
    assert "Your knees like it slow." in said
    assert "Written after" not in said
    assert "something new" not in said


def test_what_was_in_flight_when_the_backup_was_made_ends_as_it_ended(
    day: Day, saved: Callable[[Database], Saved], back: Back
) -> None:
    office = day.office
    day.grid.faults({"kind": "reset", "times": 1, "args": {"when": "after"}})
    day.deliver(batches=1)
    saved(office.db)
    settle(office.db, day.provider, NOW)
    assert office.status("first").counts.accepted == 4
    assert back(office.db, replace=True).replayed.accepted == 1
    assert office.status("first").counts.accepted == 4
    day.deliver()
    assert office.status("first").counts.accepted == PEOPLE
    assert set(day.mails().values()) == {1}


def test_restoring_the_same_file_again_changes_nothing_more(
    day: Day, saved: Callable[[Database], Saved], back: Back
) -> None:
    saved(day.office.db)
    day.until_the_disk_breaks()
    first = back(day.office.db, replace=True)
    again = back(day.office.db, replace=True)
    assert (again.replayed, again.held) == (first.replayed, first.held)
