"""The disk is full in the middle of sending, and later there is room again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from sqlalchemy import func, select

from subscribers import links
from subscribers.addresses import address_key, parse_address
from subscribers.models import List, Suppression
from tests.journeys.office import Office, office_and_grid, stop, until
from tests.journeys.test_kill import FAST, PEOPLE, everybody_once
from tests.localgrid.support import Running
from tests.support.runs import a_run, count
from tests.support.small_disk import SmallDisk, small_disk

SLOWLY = {"kind": "delay", "args": {"ms": [50, 150], "at": "after"}}


def test_a_full_disk_under_the_database_stops_sending_until_there_is_room(
    tmp_path: Path, sqlite_template: Path
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        shutil.copy(sqlite_template, disk.folder / "tipsheet.db")
        with office_and_grid(tmp_path, f"sqlite:///{disk.folder}/tipsheet.db", **FAST) as (made, grid):
            fill_and_free(made, grid, disk, "cannot write")


def test_a_full_disk_under_the_journal_stops_sending_until_there_is_room(tmp_path: Path, database_url: str) -> None:
    with small_disk(tmp_path / "disk") as disk:
        journal = {"JOURNAL__PATH": str(disk.folder / "journal")}
        with office_and_grid(tmp_path, database_url, **FAST, **journal) as (made, grid):
            fill_and_free(made, grid, disk, "cannot be written")


def fill_and_free(made: Office, grid: Running, disk: SmallDisk, words: str) -> None:
    grid.faults(SLOWLY)
    run = a_run(made.db, made.keys, PEOPLE, batch_size=4)
    service = made.run()
    until(lambda: len(grid.mailbox()) > PEOPLE // 4)
    disk.fill(service.pid)
    until(lambda: words in made.said())
    told, link = told_until_refused(made, grid)
    assert made.ask(link).status == 200, "what only reads goes on"
    nothing_leaves(grid)
    assert service.poll() is None
    assert stopped(made) == told, "nobody is told that an opt-out was taken which is not on record"
    disk.free(service.pid)
    until(lambda: count(made.db, run).accepted == PEOPLE)
    assert one_click(made, link) == 200
    assert stopped(made) == told + 1
    until(lambda: any(words in made.said() for words in ("the outbox goes on", "is on record now")))
    assert stop(service) == 0
    everybody_once(made.db, grid.mailbox())
    assert "Traceback" not in made.said(), made.said()
    assert made.said().count("the outbox cannot go on") < 10, "a full disk is not filled with words about it"


def told_until_refused(made: Office, grid: Running) -> tuple[int, str]:
    """Who has the mail opts out, one by one: the last block of a file on a full disk may have room for a few lines
    more. How many were told that it was done, and the link of the first who was not."""
    for told, mail in enumerate(grid.mailbox()):
        link = opt_out_link(made, mail["to"])
        if (answer := one_click(made, link)) != 200:
            assert answer == 503
            return told, link
    raise AssertionError("the disk was never full")


def opt_out_link(made: Office, email: str) -> str:
    return f"{made.web}/u/{links.sign(made.keys, address_key(made.keys, parse_address(email)), 1)}"


def one_click(made: Office, link: str) -> int:
    answer = made.ask(link, method="POST", fields={"List-Unsubscribe": "One-Click"}, encode_multipart=False)
    return int(answer.status)


def nothing_leaves(grid: Running) -> None:
    """What was on its way arrives; then nothing more, although it is due."""
    time.sleep(1)
    before = len(grid.mailbox())
    time.sleep(1)
    assert len(grid.mailbox()) == before < PEOPLE


def stopped(made: Office) -> int:
    with made.db.read() as s:
        assert s.scalar(select(List.id)) == 1
        return s.scalar(select(func.count()).select_from(Suppression)) or 0
