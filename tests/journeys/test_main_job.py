"""The main job as it is typed by hand, with the service and localgrid as processes of their own."""

from __future__ import annotations

import json
import threading
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from subscribers.addresses import address_key
from subscribers.links import sign
from tests.journeys.office import Office, office, stop, until
from tests.support.runs import a_run, count

PEOPLE = """email,first_name,city,tags
ann@example.com,Ann,Milpitas,runner
ben@example.com,Ben,Milpitas,runner
cleo@example.com,Cleo,Milpitas,"runner,newcomer"
dan@example.com,Dan,Fremont,runner
eva+bounce@example.com,Eva,Milpitas,runner
"""
ARTICLE = str(files("campaigns") / "examples" / "article.txt")  # the wheel's own, where it is tested
ONE_CLICK: dict[str, Any] = {
    "body": "List-Unsubscribe=One-Click",
    "headers": {"Content-Type": "application/x-www-form-urlencoded"},
}


def test_from_an_article_to_the_next_campaign_without_whoever_left(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with office(tmp_path, sqlite_url) as ours:
        for name, value in ours.env.items():
            monkeypatch.setenv(name, value)

        def tipsheet(*words: str) -> Any:
            capsys.readouterr()
            assert main([*words, "--json"]) == 0, capsys.readouterr().err
            return json.loads(capsys.readouterr().out)

        service = ours.run()
        (tmp_path / "people.csv").write_text(PEOPLE)
        tipsheet("list", "add", "tips", "--name", "Monthly tips")
        tipsheet("subscriber", "import", str(tmp_path / "people.csv"), "--list", "tips", "--basis", "They asked.")
        tipsheet("segment", "add", "runners", 'city = "Milpitas" and tag has runner and not tag has newcomer')
        tipsheet("article", "add", ARTICLE, "--slug", "garden", "--url", "https://example.com/garden")
        tipsheet("offer", "add", "--from-article", "garden", "--slug", "check", "--url", "https://example.com/check")
        made = ("--list", "tips", "--segment", "runners", "--article", "garden", "--offer", "check")
        subject = "{{ subscriber.first_name | default('Hello') }}, good news"
        tipsheet("campaign", "add", "first", *made, "--subject", subject)
        tipsheet("campaign", "add", "second", *made, "--subject", subject)

        until(lambda: b'"at_work":true' in ours.ask(f"{ours.web}/health").data)
        assert tipsheet("campaign", "send", "first", "--wait")["counts"]["accepted"] == 3
        until(lambda: tipsheet("campaign", "status", "first")["counts"]["no_news"] == 0)
        mails = {row["to"]: row for row in ours.mailbox()}
        assert len(ours.mailbox()) == 2
        assert {to: row["subject"] for to, row in mails.items()} == {
            "ann@example.com": "Ann, good news",
            "ben@example.com": "Ben, good news",
        }
        ways_in = links(mails["ann@example.com"])
        assert ours.ask(ways_in["browser"]).status == 200
        assert ours.ask(ways_in["unsubscribe"]).status == 200
        assert ours.ask(ways_in["unsubscribe"], method="POST", **ONE_CLICK).status == 200

        assert tipsheet("campaign", "send", "second", "--wait")["counts"]["audience"] == 1
        assert [row["to"] for row in ours.mailbox()][2:] == ["ben@example.com"]
        why = tipsheet("campaign", "why", "second", "ann@example.com")
        assert (why["verdict"], why["steps"][-1]["detail"]) == ("excluded", "opted out")
        assert tipsheet("campaign", "why", "first", "eva+bounce@example.com")["verdict"] == "not_delivered"
        assert tipsheet("campaign", "status", "first")["counts"]["opted_out"] == 1
        assert stop(service) == 0


def links(mail: dict[str, Any]) -> dict[str, str]:
    values = [str(value) for value in mail["substitutions"].values()]
    return {
        "unsubscribe": mail["headers"]["List-Unsubscribe"].strip("<>"),
        "browser": next(value for value in values if "/m/" in value),
    }


def test_opt_outs_work_while_a_campaign_is_sending_and_hold_for_what_has_not_left(
    tmp_path: Path, database_url: str
) -> None:
    with office(tmp_path, database_url, DELIVERY__CONNECTIONS="2") as ours:
        service = ours.run()
        ours.faults({"kind": "delay", "args": {"ms": 500, "at": "after"}})
        run = a_run(ours.db, ours.keys, 60, batch_size=4)
        until(lambda: ours.mailbox())
        # The last batch leaves last.
        clicks = [threading.Thread(target=click, args=(ours, f"p{n}@example.com")) for n in (57, 58, 59)]
        for each in clicks:
            each.start()
        for each in clicks:
            each.join()
        until(lambda: (done := count(ours.db, run)).accepted + done.skipped == 60)
        assert count(ours.db, run).skipped == 3
        assert {"p57@example.com", "p58@example.com", "p59@example.com"}.isdisjoint(r["to"] for r in ours.mailbox())
        assert stop(service) == 0


def click(ours: Office, email: str) -> None:
    token = sign(ours.keys, address_key(ours.keys, email), 1, "run-1")
    assert ours.ask(f"{ours.web}/u/{token}", method="POST", **ONE_CLICK).status == 200
