"""Uncertain mails by command: shown with what settles them; who settles them stands on the audit log."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from delivery.ledger import record
from delivery.models import Attempt
from delivery.providers.provider import Answer, Verdict
from tests.cli.clinic import ADD, copied, database, launch, make
from tests.cli.conftest import Run
from tests.support.runs import taken

SETTINGS = '[campaigns]\nzone = "Europe/Berlin"\n[delivery]\nprovider = "local"\nbatch_size = 2\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clinic"), SETTINGS)


@pytest.fixture
def doubtful(bare: Run, folder: Path, made: Path) -> Run:
    """Two people of three got no answer to be trusted."""
    copied(made, folder)
    assert bare(*ADD, "Kinder knees").code == 0
    bare("campaign", "send", "december")
    launch()
    with database() as db:
        attempt = taken(db).attempt
        with db.write() as s:
            record(s, attempt, Answer(Verdict.UNCERTAIN, "no answer: reset"))
    return bare


def test_nothing_uncertain_is_said_in_a_sentence(bare: Run, folder: Path, made: Path) -> None:
    copied(made, folder)
    bare(*ADD, "Kinder knees")
    assert bare("campaign", "uncertain", "december").out == "Nothing of december is uncertain.\n"
    document = bare("campaign", "uncertain", "december", "--json").json()
    assert (document["people"], document["attempts"], document["settle_by"]) == (0, [], [])


def test_the_uncertain_are_named_with_evidence_age_and_the_words_that_settle_them(doubtful: Run) -> None:
    document = doubtful("campaign", "uncertain", "december", "--json").json()
    shown = doubtful("campaign", "uncertain", "december").out
    for words in (
        *("Batch 1, attempt 1: 2 people", " ago", "no answer: reset", ", ".join(document["attempts"][0]["people"])),
        *("waits for the account test", "2 people in doubt", "tipsheet campaign resolve december --not-sent --because"),
    ):
        assert words in shown
    assert document["people"] == 2
    assert document["account"].startswith("http://127.0.0.1:")
    assert document["attempts"][0].items() >= {"batch": 1, "number": 1, "account": "test"}.items()


def test_what_is_waited_for_stands_in_the_zone_of_everything_beside_it(doubtful: Run) -> None:
    with database() as db, db.write() as s:
        account = doubtful("campaign", "uncertain", "december", "--json").json()["account"]
        s.execute(update(Attempt).values(account=account))
    shown = doubtful("campaign", "uncertain", "december").out
    assert "waits for the end of the waiting time, " in shown
    assert "UTC" not in shown
    (attempt,) = doubtful("campaign", "uncertain", "december", "--json").json()["attempts"]
    assert attempt["waits_for"][0].endswith(" UTC")


def test_many_people_are_named_when_asked_for(doubtful: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.campaign_doubts.FEW", 1)
    document = doubtful("campaign", "uncertain", "december", "--json").json()
    one, other = document["attempts"][0]["people"]
    assert f"{one} and 1 more (--people)" in doubtful("campaign", "uncertain", "december").out
    assert f"{one}, {other}" in doubtful("campaign", "uncertain", "december", "--people").out


def test_who_settled_them_how_and_why_stands_on_the_audit_log(doubtful: Run) -> None:
    attempt = doubtful("campaign", "uncertain", "december", "--json").json()["attempts"][0]["attempt"]
    doubtful("campaign", "resolve", "december", "--sent", "--because", "seen in Activity")
    (row,) = [x for x in doubtful("audit", "--json").json() if x["action"] == "campaign resolve"]
    assert (row["actor"], row["about"], row["before"]) == ("robin", "december", {"uncertain": [attempt]})
    assert row["after"] == {"sent": True, "because": "seen in Activity", "uncertain": []}
    assert doubtful("campaign", "uncertain", "december").out == "Nothing of december is uncertain.\n"


def test_status_points_to_who_is_uncertain(doubtful: Run) -> None:
    pointer = "Who is uncertain, and what is waited for: tipsheet campaign uncertain december"
    assert pointer in doubtful("campaign", "status", "december").out
    doubtful("campaign", "resolve", "december", "--sent", "--because", "seen in Activity")
    assert pointer not in doubtful("campaign", "status", "december").out
