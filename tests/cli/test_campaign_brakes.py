"""Changing a campaign while it leaves: the command says what it did, and what it cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from base.config import load
from cli.door import Door
from cli.service import limit
from delivery.ledger import record
from delivery.providers.provider import Answer, Verdict
from subscribers.journal import Journal
from subscribers.keys import load_keys
from tests.cli.clinic import ADD, copied, database, launch, make, tick
from tests.cli.conftest import Run
from tests.support.runs import taken

SETTINGS = '[delivery]\nprovider = "files"\nbatch_size = 2\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clinic"), SETTINGS)


@pytest.fixture
def sending(bare: Run, folder: Path, made: Path) -> Run:
    copied(made, folder)
    assert bare(*ADD, "Kinder knees").code == 0
    assert bare("campaign", "send", "december").code == 0
    return bare


def test_pace_says_how_fast_it_leaves_and_status_what_it_waits_for(sending: Run) -> None:
    ended = sending("campaign", "pace", "december", "--per-hour", "60")
    assert "december leaves at most 60 mails an hour." in ended.out
    tick()
    found = sending("campaign", "status", "december", "--json").json()
    assert (found["counts"]["accepted"], found["counts"]["planned"]) == (1, 2)
    assert found["waits"].startswith("not faster than 60 an hour")
    assert "not faster than 60 an hour; goes on at" in sending("campaign", "status", "december").out
    assert "without a limit of its own" in sending("campaign", "pace", "december", "--none").out
    tick()
    assert sending("campaign", "status", "december", "--json").json()["state"] == "sent"
    assert "there is nothing to slow down" in sending("campaign", "pace", "december", "--none").refused()


@pytest.mark.parametrize("given", [(), ("--per-hour", "5", "--none")])
def test_pace_is_told_one_thing(sending: Run, given: tuple[str, ...]) -> None:
    assert "Say either how many an hour" in sending("campaign", "pace", "december", *given).refused()


def test_retry_sends_to_the_refused_alone_and_stands_on_the_audit_log(sending: Run) -> None:
    launch()
    with database() as db:
        claimed = taken(db)
        no = {claimed.members[0].subscriber_id: "no such mailbox"}
        with db.write() as s:
            record(s, claimed.attempt, Answer(Verdict.REFUSED, "no", 400, refused=no))
    tick()
    assert sending("campaign", "status", "december", "--json").json()["state"] == "partially_sent"
    assert "Say whom" in sending("campaign", "retry", "december").refused()
    ended = sending("campaign", "retry", "december", "--refused", "--because", "they made room")
    assert ended.out.startswith("1 person is tried again, if they may still be mailed.")
    tick()
    assert sending("campaign", "status", "december", "--json").json()["counts"]["accepted"] == 3
    assert "they made room" in sending("audit").out
    assert "Nobody was refused" in sending("campaign", "retry", "december", "--refused").refused()


def test_a_service_that_starts_brings_the_limits_of_its_configuration(sending: Run, folder: Path) -> None:
    (folder / "config.toml").write_text(f"{SETTINGS}[pace]\nper_day = 1\n")
    config = load()
    with database() as db:
        limit(Door(config, db, load_keys(config.keys.path), Journal(config.journal.path)))
    tick()
    found = sending("campaign", "status", "december", "--json").json()
    assert (found["counts"]["accepted"], found["counts"]["planned"]) == (1, 2)
    assert re.fullmatch(r"today's limit of 1 is used up; goes on at [-0-9]+ [:0-9]+ UTC", found["waits"])
    shown = sending("campaign", "status", "december").out
    assert re.search(r"today's limit of 1 is used up; goes on at [-0-9]+ [:0-9]+ P[DS]T\n", shown)
