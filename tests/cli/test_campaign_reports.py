"""How a campaign went, by command: in the terminal, as a page, as a document."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from base.database import database_now
from cli.output import Printer
from cli.plot import plot_hours
from tests.cli.clinic import ADD, copied, database, make, tick
from tests.cli.conftest import Run

SETTINGS = '[campaigns]\nzone = "Europe/Berlin"\n[delivery]\nprovider = "files"\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clinic"), SETTINGS)


@pytest.fixture
def sent(bare: Run, folder: Path, made: Path) -> Run:
    copied(made, folder)
    assert bare(*ADD, "Kinder knees", "--segment", "runners").code == 0
    bare("campaign", "send", "december")
    tick()
    with database() as db, db.write() as s:
        now = database_now(s)
        s.execute(text("INSERT INTO outcomes SELECT run_id, subscriber_id, 8388, 1, 1 FROM deliveries"))
        for kind, words in (("opened", ""), ("clicked", "https://example.com/u")):
            facts = {"kind": kind, "at": round(now.timestamp() * 1000), "detail": words, "key": kind.encode()}
            s.execute(
                text(
                    "INSERT INTO events SELECT :key, run_id, min(subscriber_id), NULL, :kind, :at, :detail, '' "
                    "FROM deliveries GROUP BY run_id"
                ),
                facts,
            )
    return bare


def test_in_the_terminal_each_number_has_its_whole_and_hours_are_drawn(sent: Run) -> None:
    shown = sent("campaign", "report", "december").out
    for words in (
        *("Kinder knees: sent", "Tips, segment runners", "of 2 recipients", "of 2 accepted", "of 2 delivered"),
        "of 2 delivered with open tracking",
        *("100.0%", "opened for the first time, people an hour (the most: 1)", "  │+\n", "0 h", "48 h"),
        *("not in the segment", "an address that is not in the mail as it was approved"),
    ):
        assert words in shown
    assert "beside the last ones" not in shown


def test_the_document_has_every_number_and_no_address(sent: Run) -> None:
    ended = sent("campaign", "report", "december", "--json")
    document = ended.json()
    opened = next(rate for rate in document["rates"] if rate["name"] == "opened")
    assert opened == {"name": "opened", "people": 2, "of": 2, "of_what": "delivered with open tracking", "share": 1.0}
    assert (document["state"], len(document["hours"]), document["hours"][0]["opened"]) == ("sent", 48, 1)
    assert "ann@" not in ended.out


def test_a_page_is_written_where_one_is_asked_for(sent: Run, folder: Path) -> None:
    ended = sent("campaign", "report", "december", "--html", "december.html")
    assert "names no recipient" in ended.out
    page = (folder / "december.html").read_text("utf-8")
    assert "Kinder knees" in page
    assert "@example.com" not in page
    assert "cannot be written" in sent("campaign", "report", "december", "--html", "no/such/folder.html").refused()


def test_the_last_campaigns_stand_beside_it(sent: Run) -> None:
    sent("campaign", "add", "january", "--list", "tips", "--article", "knees", "--subject", "Kinder hips")
    sent("campaign", "send", "january")
    tick()
    shown = sent("campaign", "report", "january").out
    assert "beside the last ones" in shown
    assert "december" in shown
    assert "–: nothing of that kind was told of" in shown


def test_before_the_launch_it_is_refused_with_what_to_look_at(bare: Run, folder: Path, made: Path) -> None:
    copied(made, folder)
    bare(*ADD, "Kinder knees")
    assert "tipsheet campaign plan december" in bare("campaign", "report", "december").refused()


def test_a_terminal_gets_finer_columns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    plot_hours(Printer(False), "opened", [48, 24, 1, 0])
    shown = capsys.readouterr().out
    assert shown.count("█") == 6 + 3
    assert "█" in shown
    assert "▁" in shown
    plot_hours(Printer(False), "opened", [0, 0])
    assert capsys.readouterr().out == ""
