"""Signing up as people do it: form, mail, click, campaign; with the service and localgrid as processes of their own."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from lxml import html as parser

from cli.main import main
from tests.journeys.office import Office, office, stop, until

ARTICLE = str(files("campaigns") / "examples" / "article.txt")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_only_who_clicked_gets_the_campaign_and_their_page_is_behind_another_mail(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A campaign reaches people who never confirmed: notifuse 344."""
    with office(tmp_path, database_url) as ours:
        for name, value in ours.env.items():
            monkeypatch.setenv(name, value)

        def tipsheet(*words: str) -> Any:
            capsys.readouterr()
            assert main([*words, "--json"]) == 0, capsys.readouterr().err
            return json.loads(capsys.readouterr().out)

        tipsheet("list", "add", "tips", "--name", "Monthly tips", "--double", "--public")
        html = tipsheet("list", "form", "tips")["html"]
        service = ours.run()
        for email in ("ann@example.com", "ben@example.com"):
            assert fills_in(ours, html, email) == 200
        until(lambda: {"ann@example.com", "ben@example.com"} <= {mail["to"] for mail in ours.mailbox()})
        confirm = link_in(ours, "ann@example.com", "/confirm/")
        for _ in range(2):
            assert ours.ask(confirm).status == 200
        tipsheet("article", "add", ARTICLE, "--slug", "garden", "--url", "https://example.com/garden")
        tipsheet("campaign", "add", "first", "--list", "tips", "--article", "garden", "--subject", "Good news")
        assert tipsheet("campaign", "plan", "first")["recipients"] == 0  # who was asked has not answered
        assert b"You are on the list" in ours.ask(confirm, method="POST").data

        until(lambda: b'"at_work":true' in ours.ask(f"{ours.web}/health").data)
        assert tipsheet("campaign", "send", "first", "--wait")["counts"]["accepted"] == 1
        assert [mail["to"] for mail in ours.mailbox() if mail["subject"] == "Good news"] == ["ann@example.com"]

        preferences = link_in(ours, "ann@example.com", "/p/")
        asked = ours.ask(preferences, method="POST", body=urlencode({"choice": "mine"}), headers=FORM)
        assert b"on its way" in asked.data
        mine = link_in(ours, "ann@example.com", "/me/")
        assert json.loads(ours.ask(f"{mine}/everything.json").data)["mails"][0]["list"] == "Monthly tips"
        assert stop(service) == 0
        assert "ann@example.com" not in ours.said()


def fills_in(ours: Office, html: str, email: str) -> int:
    """What a browser sends from somebody's own site that holds this form."""
    form = parser.fragment_fromstring(html)
    sent = {each.get("name"): each.get("value") or "" for each in form.xpath("//input[not(@type='checkbox')]")}
    headers = {**FORM, "Origin": "https://blog.example.org"}
    answer = ours.ask(form.get("action"), method="POST", body=urlencode({**sent, "email": email}), headers=headers)
    return int(answer.status)


def link_in(ours: Office, to: str, path: str) -> str:
    """From the newest mail to that person that has one."""
    for row in json.loads(ours.ask(f"{ours.grid}/mailbox.json?to={to}").data)["mails"]:
        text = ours.ask(f"{ours.grid}/mail/{row['id']}/text").data.decode()
        for word in text.split():
            if urlsplit(word).path.startswith(path):
                return word
    raise AssertionError(f"no mail to {to} leads to {path}")
