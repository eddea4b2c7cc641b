"""Making and looking at campaigns, as a person types it and as a program reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.cli.clinic import ADD, copied, database, launch, make, tick
from tests.cli.conftest import Run

COUNTS = (
    "audience planned sending accepted refused skipped uncertain delivered deferred blocked bounced dropped no_news"
)
SETTINGS = '[campaigns]\nzone = "Europe/Berlin"\n[delivery]\nprovider = "files"\ntest_to = ["kim@example.com"]\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clinic"), SETTINGS)


@pytest.fixture
def clinic(bare: Run, folder: Path, made: Path) -> Run:
    copied(made, folder)
    return bare


@pytest.fixture
def drafted(clinic: Run) -> Run:
    assert clinic(*ADD, "Kinder knees").code == 0
    return clinic


def test_adding_says_how_many_would_get_it_and_what_to_look_at(clinic: Run) -> None:
    ended = clinic(*ADD, "Kinder knees", "--offer", "visit", "--segment", "runners")
    assert (ended.code, ended.err) == (0, "")
    assert "a draft for 2 people" in ended.out
    assert "tipsheet campaign plan december" in ended.out
    shown = clinic("campaign", "show", "december", "--json").json()
    assert (
        shown
        | {
            "slug": "december",
            "list": "tips",
            "article": "knees",
            "offer": "visit",
            "segment": "runners",
            "subject": "Kinder knees",
            "template": "monthly-tips",
            "state": "draft",
            "added_by": "robin",
        }
        == shown
    )
    assert "runners" in clinic("campaign", "show", "december").out


def test_a_typo_in_the_subject_is_shown_at_once_and_mended_by_adding_it_anew(clinic: Run) -> None:
    added = clinic(*ADD, "Tips for {{ subscriber.frist_name }}")
    assert added.code == 0
    assert "✗ the subject of monthly-tips, line 1: subscriber.frist_name is not known; there is first_name" in added.out
    assert "--replace" in added.out
    assert "subscriber.frist_name" in clinic("campaign", "send", "december").refused()
    assert "--replace" in clinic(*ADD, "Tips").refused()
    document = clinic(*ADD, "Tips for {{ subscriber.first_name }}", "--replace", "--json").json()
    assert document == {"slug": "december", "state": "draft", "recipients": 3, "problems": []}


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("add december --list tips --subject Tips", 1, "something to say"),
        ("add december --list nope --article knees --subject Tips", 1, "There is no list 'nope'"),
        ("add december --list tips --article knees", 2, "Missing option '--subject'"),
        ("plan nope", 1, "There is no campaign nope; see them with: tipsheet campaign list"),
        ("status nope", 1, "There is no campaign nope"),
        ("why nope ann@example.com", 1, "There is no campaign nope"),
        ("preview nope", 1, "There is no campaign nope"),
        ("test nope --to kim@example.com", 1, "There is no campaign nope"),
        ("test nope", 2, "Missing option '--to'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(command: str, code: int, words: str, clinic: Run) -> None:
    ended = clinic("campaign", *command.split())
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_plan_adds_up_and_has_the_keys_that_others_rely_on(clinic: Run) -> None:
    clinic("subscriber", "opt-out", "ann@example.com")
    clinic(*ADD, "Kinder knees", "--segment", "runners")
    document = clinic("campaign", "plan", "december", "--json").json()
    assert (
        document.items()
        >= {
            "slug": "december",
            "recipients": 1,
            "excluded": {"opted out": 1, "not in the segment": 1},
            "requests": 1,
            "problems": [],
            "changes": {},
        }.items()
    )
    assert document["first_at"] < document["last_at"]
    assert document["first_at"].endswith("Z")
    words = clinic("campaign", "plan", "december").out
    for line in ("on the list", "− opted out", "− not in the segment", "= will get it"):
        assert line in words


def test_a_plan_tells_what_changed_since_approval(drafted: Run) -> None:
    drafted("campaign", "approve", "december")
    drafted("subscriber", "add", "dot@example.com", "--list", "tips", "--basis", "asked")
    document = drafted("campaign", "plan", "december", "--json").json()
    assert document["changes"] == {"recipients": {"approved": 3, "now": 4}}
    assert document["moved"].items() >= {"came": 1, "went": 0, "who_came": []}.items()
    ended = drafted("campaign", "plan", "december", "--people")
    assert "1 came and 0 went\n  + dot@example.com\n" in ended.out
    assert "3 recipients were approved, 4 are there now" in ended.out
    assert "✗ it would go to 4 people and 3 were approved" in ended.out


def test_a_plan_shows_line_by_line_what_would_be_said_otherwise(drafted: Run) -> None:
    drafted("campaign", "approve", "december")
    drafted("article", "set", "knees", "--title", "Kinder hips")
    shown = drafted("campaign", "plan", "december").out
    assert "what was approved is what will be sent" in shown
    assert "+" in shown
    assert "Kinder hips" in shown or "KINDER HIPS" in shown


def test_a_plan_says_how_long_it_takes_at_the_pace_that_holds(drafted: Run) -> None:
    drafted("campaign", "pace", "december", "--per-hour", "1")
    words = " ".join(drafted("campaign", "plan", "december").out.split())
    assert "takes at least 3 hours: not faster than 1 an hour" in words


def test_there_is_no_plan_for_what_was_sent_and_a_word_where_to_look(drafted: Run) -> None:
    drafted("campaign", "send", "december")
    tick()
    assert drafted("campaign", "plan", "december").out == (
        "december is sent, so nothing of it is to come; see: tipsheet campaign report december\n"
    )
    document = drafted("campaign", "plan", "december", "--json").json()
    assert (document["slug"], document["state"], document["counts"]["accepted"]) == ("december", "sent", 3)


def test_there_is_no_plan_for_what_is_leaving(drafted: Run) -> None:
    drafted("campaign", "send", "december")
    launch()
    assert drafted("campaign", "plan", "december").out == (
        "december has begun to leave (sending); how far it is: tipsheet campaign status december\n"
    )
    drafted("campaign", "cancel", "december")
    assert "is cancelled, so nothing of it is to come; see: tipsheet campaign report december" in (
        drafted("campaign", "plan", "december").out
    )


def test_what_was_cancelled_before_it_left_has_no_report(drafted: Run) -> None:
    drafted("campaign", "approve", "december")
    drafted("campaign", "cancel", "december")
    assert drafted("campaign", "plan", "december").out.endswith("see: tipsheet campaign status december\n")


def test_a_preview_is_written_as_one_person_would_get_it(clinic: Run, folder: Path) -> None:
    clinic(*ADD, "{{ subscriber.first_name|default('Friend') }}, kinder knees")
    document = clinic("campaign", "preview", "december", "--as", "ann@example.com", "--json").json()
    assert document["subject"] == "Ann, kinder knees"
    assert "Knees like company." in (folder / document["html"]).read_text()
    assert "Knees like company." in (folder / document["text"]).read_text()
    assert "Friend, kinder knees" in clinic("campaign", "preview", "december", "--as", "bob@example.com").out
    assert "zoe@example.com" in clinic("campaign", "preview", "december", "--as", "zoe@example.com").refused()


def test_status_has_what_became_of_each_copy_for_colleagues(drafted: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIPSHEET_DELIVERY__SEEDS", "kim@example.com, lee@example.com")
    drafted("campaign", "send", "december")
    tick()
    with database() as db, db.write() as s:
        s.execute(text("UPDATE seed_copies SET state = 'failed', words = 'no such mailbox' WHERE number = 2"))
    found = drafted("campaign", "status", "december", "--json").json()
    assert [(copy["email"], copy["state"], copy["words"]) for copy in found["copies"]] == [
        ("kim@example.com", "planned", ""),
        ("lee@example.com", "failed", "no such mailbox"),
    ]
    assert found["state"] == "sent"
    shown = drafted("campaign", "status", "december").out.split()
    assert shown[-5:] == ["lee@example.com", "failed", "no", "such", "mailbox"]


def test_a_test_goes_to_colleagues_only_and_counts_nowhere(drafted: Run, folder: Path) -> None:
    assert "test_to" in drafted("campaign", "test", "december", "--to", "ann@example.com").refused()
    document = drafted("campaign", "test", "december", "--to", "kim@example.com", "--json").json()
    assert document["to"] == "kim@example.com"
    (mail,) = (folder / "var" / "outgoing").glob("*.eml")
    assert b"Subject: [Test] Kinder knees" in mail.read_bytes()
    status = drafted("campaign", "status", "december", "--json").json()
    assert (status["state"], status["counts"]["audience"]) == ("draft", 0)


def test_status_has_the_keys_that_others_rely_on_and_adds_up(drafted: Run) -> None:
    drafted("campaign", "send", "december")
    tick()
    document = drafted("campaign", "status", "december", "--json").json()
    assert document.items() >= {"slug": "december", "state": "sent", "batches": 1, "attention": ""}.items()
    counts = document["counts"]
    assert list(counts) == [*COUNTS.split(), "complained", "opted_out"]
    assert counts["audience"] == sum(counts[name] for name in COUNTS.split()[1:7]) == 3
    shown = drafted("campaign", "status", "december").out
    for words in ("december: sent", "recipients", "accepted", "no news"):
        assert words in shown


def test_who_complained_is_told_of_as_a_part_of_the_delivered(drafted: Run) -> None:
    drafted("campaign", "send", "december")
    tick()
    with database() as db, db.write() as s:
        s.execute(
            text("INSERT INTO outcomes (run_id, subscriber_id, flags, first_at, last_at) VALUES (1, 1, 260, 1, 1)")
        )
    shown = drafted("campaign", "status", "december").out
    accepted, delivered = shown.partition("of the accepted")[2].split("of the delivered")
    assert "complained" not in accepted
    assert [line.split() for line in delivered.splitlines() if "complained" in line] == [["complained", "1"]]


def test_status_fails_loudly_when_somebody_is_unaccounted_for(drafted: Run) -> None:
    drafted("campaign", "send", "december")
    tick()
    with database() as db, db.write() as s:
        s.execute(text("DELETE FROM deliveries WHERE subscriber_id = 2"))
    for json in ((), ("--json",)):
        ended = drafted("campaign", "status", "december", *json)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("december: Run 1 does not add up")


def test_a_draft_shows_no_empty_tables(drafted: Run) -> None:
    assert drafted("campaign", "status", "december").out == "december: draft\n"


def test_the_list_shows_how_each_stands(drafted: Run) -> None:
    drafted("campaign", "schedule", "december", "--at", "2099-12-01 09:00", "--zone", "America/Los_Angeles")
    (one,) = drafted("campaign", "list", "--json").json()
    assert (one["slug"], one["state"], one["scheduled_for"]) == ("december", "scheduled", "2099-12-01T17:00:00Z")
    assert "2099-12-01 09:00 PST" in drafted("campaign", "list").out


def test_without_campaigns_the_list_says_how_to_make_one(clinic: Run) -> None:
    assert "tipsheet campaign add" in clinic("campaign", "list").out
    assert clinic("campaign", "list", "--json").json() == []


def test_why_tells_verdict_and_steps(drafted: Run) -> None:
    drafted("campaign", "send", "december")
    tick()
    document = drafted("campaign", "why", "december", "Ann@Example.com", "--json").json()
    assert (document["slug"], document["email"], document["verdict"]) == ("december", "Ann@Example.com", "accepted")
    assert [step["what"] for step in document["steps"]] == [
        *("consent confirmed", "in the audience", "planned", "attempt 1"),
    ]
    assert all(set(step) == {"at", "what", "detail"} for step in document["steps"])
    assert drafted("campaign", "why", "december", "zoe@example.com", "--json").json()["verdict"] == "unknown"
    assert "ann@example.com: accepted" in drafted("campaign", "why", "december", "ann@example.com").out
    assert "is no email address" in drafted("campaign", "why", "december", "ann").refused()
