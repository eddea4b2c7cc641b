"""Deciding on campaigns: the command writes what people want, says how it stands, and who is to act on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from base.database import Database
from campaigns import decisions
from campaigns.drafts import get_campaign
from delivery.ledger import record
from delivery.outbox import Outbox
from delivery.providers.provider import Answer, Verdict
from tests.cli.clinic import ADD, copied, database, launch, make, service, tick
from tests.cli.conftest import Ended, Run
from tests.support.runs import taken

SETTINGS = '[campaigns]\nzone = "Europe/Berlin"\n[delivery]\nprovider = "files"\nbatch_size = 2\n'
NOTHING_RUNS = "Nothing is running that would send it: start tipsheet run"
EVERY = ("approve", "schedule", "send", "pause", "resume", "cancel", "resolve")
FAR = ("--at", "2099-12-01 09:00")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clinic"), SETTINGS)


@pytest.fixture
def drafted(bare: Run, folder: Path, made: Path) -> Run:
    copied(made, folder)
    assert bare(*ADD, "Kinder knees").code == 0
    return bare


def decide(run: Run, what: str, *given: str) -> Ended:
    return run("campaign", what, "december", *given)


def document(run: Run, what: str, *given: str) -> Any:
    return decide(run, what, *given, "--json").json()


def test_approve_says_so_and_stands(drafted: Run) -> None:
    assert decide(drafted, "approve").out == "december is approved as it is now.\n"
    assert document(drafted, "approve")["state"] == "approved"


def test_a_schedule_tells_when_it_leaves_and_that_nothing_is_running(drafted: Run) -> None:
    ended = decide(drafted, "schedule", *FAR)
    assert (ended.code, ended.out) == (0, f"december leaves at 2099-12-01 09:00 CET.\n{NOTHING_RUNS}\n")
    found = document(drafted, "schedule", *FAR, "--zone", "America/Los_Angeles")
    assert (found["state"], found["zone"], found["service_running"]) == ("scheduled", "America/Los_Angeles", False)


def test_a_wall_time_that_does_not_exist_is_told_as_it_will_be(drafted: Run) -> None:
    ended = decide(drafted, "schedule", "--at", "2027-03-28 02:30")
    assert ended.out.startswith("december leaves at 2027-03-28 03:30 CEST.")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2020-12-01 09:00", "2020-12-01 09:00 in Europe/Berlin is over; give a time to come"),
        ("soon", "'soon' is no date and time; write it like '2026-12-01 09:00'"),
    ],
)
def test_a_time_that_cannot_be_is_refused(at: str, words: str, drafted: Run) -> None:
    assert words in decide(drafted, "schedule", "--at", at).refused()
    assert document(drafted, "status")["state"] == "draft"


def test_send_says_whether_anything_is_running(drafted: Run) -> None:
    assert decide(drafted, "send").out == f"december leaves now.\n{NOTHING_RUNS}\n"
    assert "nothing is running that would send it: start tipsheet run" in decide(drafted, "send", "--wait").refused()
    tick()
    drafted("campaign", "add", "next", "--list", "tips", "--article", "knees", "--subject", "Next")
    assert drafted("campaign", "send", "next").out == "next leaves now.\n"


def test_the_words_of_json_commands_go_to_standard_error(drafted: Run) -> None:
    ended = decide(drafted, "send", "--json")
    assert NOTHING_RUNS in ended.err
    assert ended.json()["state"] == "scheduled"


def test_waiting_ends_with_how_it_ended(drafted: Run) -> None:
    with service():
        ended = decide(drafted, "send", "--wait", "--json")
    assert ended.json().items() >= {"state": "sent", "batches": 2}.items()
    assert ended.json()["counts"]["accepted"] == 3


def test_waiting_for_what_is_not_sent_is_a_failure(drafted: Run) -> None:
    def cancelling(db: Database, _outbox: Outbox) -> None:
        with db.write() as s:
            campaign = get_campaign(s, "december")
            if campaign.scheduled_for and not campaign.cancelled_at:
                decisions.cancel(s, campaign)

    with service(cancelling):
        ended = decide(drafted, "send", "--wait")
    assert (ended.code, ended.out.splitlines()[0]) == (1, "december: cancelled")
    assert ended.err.endswith("december is cancelled now; see: tipsheet campaign status december\n")


def test_what_needs_a_person_says_what_to_do_and_is_not_resumed_before(drafted: Run) -> None:
    decide(drafted, "send")
    with database() as db, db.write() as s:
        s.execute(text("UPDATE campaigns SET scheduled_for = scheduled_for - 172800000"))
    tick()
    found = decide(drafted, "status")
    assert "december: needs attention" in found.out
    assert "send it now with: tipsheet campaign send december" in found.out
    for words in (("campaign", "list"), ("campaign", "show", "december"), ("status",)):
        said = drafted(*words).out
        assert ("needs attention" in said, "needs_attention" in said) == (True, False), words
    assert drafted("campaign", "list", "--json").json()[0]["state"] == "needs_attention"
    assert "december cannot go on: it was due at" in decide(drafted, "resume").refused()
    assert decide(drafted, "send").out == "december leaves now.\n"


def test_pause_resume_and_cancel_say_what_follows(drafted: Run) -> None:
    decide(drafted, "schedule", *FAR)
    assert decide(drafted, "pause").out == "december is paused; go on with: tipsheet campaign resume december\n"
    assert document(drafted, "status")["state"] == "paused"
    assert decide(drafted, "resume").out.startswith("december goes on.")
    assert decide(drafted, "cancel").out == "december is cancelled.\n"
    assert decide(drafted, "cancel").refused() == "december is cancelled; there is nothing to cancel"
    assert "cannot be sent again" in decide(drafted, "send").refused()


def test_a_pause_takes_effect_even_where_the_counts_do_not_add_up(drafted: Run) -> None:
    decide(drafted, "send")
    tick()
    with database() as db, db.write() as s:
        s.execute(text("UPDATE runs SET audience = 9"))
    ended = decide(drafted, "pause")
    assert (ended.code, ended.out.startswith("december is paused")) == (1, True)
    assert "does not add up" in ended.err
    with database() as db, db.read() as s:
        assert s.execute(text("SELECT paused FROM runs")).scalar_one()


def test_resolve_asks_for_a_word_and_a_reason(drafted: Run) -> None:
    assert decide(drafted, "resolve").code == 2
    assert decide(drafted, "resolve", "--because", "seen").code == 2
    assert "Nothing of december is uncertain" in decide(drafted, "resolve", "--because", "seen", "--sent").refused()


def test_resolve_settles_what_is_uncertain(drafted: Run) -> None:
    decide(drafted, "send")
    launch()
    with database() as db:
        claimed = taken(db)
        with db.write() as s:
            record(s, claimed.attempt, Answer(Verdict.UNCERTAIN, "no answer"))
    tick()
    assert document(drafted, "status")["state"] == "needs_attention"
    ended = decide(drafted, "resolve", "--sent", "--because", "seen in the log")
    assert ended.out.startswith("One batch of december settled.\ndecember: sent\n")
    why = drafted("campaign", "why", "december", claimed.members[0].email, "--json").json()
    assert any("robin decided that it was sent: seen in the log" in step["detail"] for step in why["steps"])


def test_a_second_person_is_asked_for_by_name(drafted: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "config.toml").write_text(SETTINGS.replace("[delivery]", "second_person = true\n[delivery]"))
    assert "another person has to approve it" in decide(drafted, "approve").refused()
    assert "another person than robin" in decide(drafted, "send").refused()
    monkeypatch.setenv("TIPSHEET_ACTOR", "kim")
    assert decide(drafted, "approve").code == 0
    monkeypatch.setenv("TIPSHEET_ACTOR", "robin")
    assert decide(drafted, "send").code == 0
    assert drafted("campaign", "show", "december", "--json").json()["approved_by"] == "kim"


def test_real_mail_is_refused_with_everything_that_is_missing(drafted: Run, folder: Path) -> None:
    (folder / "config.toml").write_text(SETTINGS.replace('"files"', '"sendgrid"'))
    sentence = decide(drafted, "send").refused()
    for words in ("public_url", "[brand] name", "[delivery] from_email", "webhook_key", "--without-events"):
        assert words in sentence
    assert "webhook_key" not in decide(drafted, "send", "--without-events").refused()


@pytest.mark.parametrize("what", EVERY)
def test_every_decision_about_an_unknown_campaign_is_one_sentence(what: str, tipsheet: Run) -> None:
    more = {"schedule": FAR, "resolve": ("--because", "x", "--sent")}.get(what, ())
    assert (
        decide(tipsheet, what, *more).refused()
        == "There is no campaign december; see them with: tipsheet campaign list"
    )


@pytest.mark.parametrize("what", [*EVERY, "add", "list", "show", "preview", "test", "plan", "status", "why"])
def test_every_command_has_help_with_an_example(what: str, bare: Run) -> None:
    ended = bare("campaign", what, "--help")
    assert ended.code == 0
    assert f"tipsheet campaign {what}" in ended.out
    assert "Example:" in ended.out
    assert "--json" in ended.out
