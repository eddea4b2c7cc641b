"""A service that runs tells staff of a hold, once, and sends colleagues their copies."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.journeys.office import office, stop, until
from tests.localgrid.support import listening

ARTICLE = str(files("campaigns") / "examples" / "article.txt")  # the wheel's own, where it is tested


def test_a_hold_is_told_once_and_copies_go_to_colleagues(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"ALERTS__TO": "desk@example.com", "DELIVERY__SEEDS": "kim@example.com"}
    with listening() as listener, office(tmp_path, database_url, ALERTS__WEBHOOK=listener.url, **told) as ours:
        for name, value in ours.env.items():
            monkeypatch.setenv(name, value)

        def tipsheet(*words: str) -> Any:
            capsys.readouterr()
            assert main([*words, "--json"]) == 0, capsys.readouterr().err
            return json.loads(capsys.readouterr().out)

        service = ours.run()
        tipsheet("list", "add", "tips", "--name", "Monthly tips")
        tipsheet("subscriber", "add", "ann@example.com", "--list", "tips", "--basis", "asked")
        tipsheet("article", "add", ARTICLE, "--slug", "garden")
        tipsheet("campaign", "add", "first", "--list", "tips", "--article", "garden", "--subject", "Good news")
        assert tipsheet("campaign", "plan", "first")["seeds"] == ["kim@example.com"]
        # The sender is refused for the campaign; the mail to staff, which is another request, gets through.
        ours.faults({"kind": "refuse_sender", "match": {"to": ["ann@example.com"]}})
        until(lambda: b'"at_work":true' in ours.ask(f"{ours.web}/health").data)
        tipsheet("campaign", "send", "first")
        until(lambda: listener.posts)
        until(lambda: "desk@example.com" in {row["to"] for row in ours.mailbox()})

        (post,) = [json.loads(body) for _, body in listener.posts]
        assert post["text"].startswith("first needs attention: SendGrid answered 400")
        found = tipsheet("status")
        assert found["running"] is True
        assert [need["cause"] for need in found["needs"]] == [post["cause"]]
        assert tipsheet("doctor")["needs"] == found["needs"]
        mails = {row["to"]: row["subject"] for row in ours.mailbox()}
        assert mails["desk@example.com"].startswith("Tipsheet: first needs attention")

        ours.faults()
        tipsheet("campaign", "resume", "first")
        until(lambda: {"ann@example.com", "kim@example.com"} <= {row["to"] for row in ours.mailbox()})
        assert tipsheet("campaign", "status", "first")["counts"]["audience"] == 1
        assert tipsheet("status")["needs"] == []
        assert stop(service) == 0
        assert sorted(row["to"] for row in ours.mailbox()) == ["ann@example.com", "desk@example.com", "kim@example.com"]
        assert len(listener.posts) == 1
