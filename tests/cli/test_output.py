from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from cli.door import actor
from cli.output import Printer, clean, in_zone, to_json, when


class Colour(StrEnum):
    GREEN = "green"


@dataclass(frozen=True)
class Thing:
    at: datetime
    colour: Colour
    names: tuple[str, ...]


def test_json_knows_what_the_domain_hands_over() -> None:
    thing = Thing(datetime(2026, 12, 1, 9, tzinfo=UTC), Colour.GREEN, ("ä",))
    document = {"thing": thing, "path": Path("keys"), "none": None}
    assert json.loads(to_json(document)) == {
        "thing": {"at": "2026-12-01T09:00:00Z", "colour": "green", "names": ["ä"]},
        "path": "keys",
        "none": None,
    }


def test_with_json_only_the_document_is_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer(as_json=True)
    printer.say("words")
    printer.facts({"a": 1})
    printer.table(("a",), [("b",)], empty="")
    printer.document({"a": 1})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"a": 1}
    assert err == "words\n"


def test_without_json_words_and_tables_are_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer(as_json=False)
    printer.say("x" * 500)
    printer.facts({"name": "Ana", "empty": "", "none": None, "zero": 0})
    printer.table(("slug", "people>"), [("a" * 90, 7), ("b" * 90, 12)], empty="none")
    printer.table(("slug",), [], empty="none yet")
    printer.document({"a": 1})
    out, err = capsys.readouterr()
    lines = [line.strip() for line in out.splitlines()]
    assert err == ""
    assert "x" * 500 in lines  # nothing is wrapped or cut where nobody's screen asks for it
    assert any("a" * 90 in line and line.endswith(" 7") for line in lines)
    assert [line.split() for line in lines if line.startswith(("name", "empty", "none", "zero"))] == [
        ["name", "Ana"],
        ["zero", "0"],
        ["none", "yet"],
    ]


def test_facts_have_no_blanks_at_their_end(capsys: pytest.CaptureFixture[str]) -> None:
    Printer(as_json=False).facts({"id": "a", "account": "x" * 40})
    assert capsys.readouterr().out == f"id       a\naccount  {'x' * 40}\n"


def test_instants_within_a_sentence_are_shown_in_the_same_zone() -> None:
    words = "goes on at 2026-11-24 08:00:00 UTC, and ends by 2026-06-01 08:00 UTC"
    there = "goes on at 2026-11-24 00:00:00 PST, and ends by 2026-06-01 01:00 PDT"
    assert in_zone(words, "America/Los_Angeles") == there
    assert in_zone(words, "UTC") == words
    assert in_zone("there is none", "UTC") == "there is none"


def test_text_from_outside_loses_what_steers_a_terminal() -> None:
    assert clean("a\x1b[2Jb\x07\r\x9b\u202e\udcffc\n\td") == "a\ufffd[2Jb\ufffd\ufffd\ufffd\ufffd\ufffdc\n\td"


def test_an_instant_is_shown_on_the_clock_of_its_zone() -> None:
    assert when(datetime(2026, 12, 1, 17, tzinfo=UTC), "America/Los_Angeles") == "2026-12-01 09:00 PST"
    assert when(None, "Europe/Berlin") == ""


def test_the_one_on_record_is_named_or_the_systems_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIPSHEET_ACTOR", " robin ")
    assert actor() == "robin"
    monkeypatch.setenv("TIPSHEET_ACTOR", "")
    assert actor() == getpass.getuser()
    monkeypatch.setattr(getpass, "getuser", lambda: (_ for _ in ()).throw(KeyError("no such user")))
    assert actor() == f"user {os.getuid()}"
