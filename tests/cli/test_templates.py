"""`tipsheet template …` as staff type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def mine(tipsheet: Run, folder: Path) -> Run:
    with (folder / "config.toml").open("a") as config:
        config.write('[templates]\npath = "mine"\n')
    return tipsheet


def test_one_of_your_own_in_four_commands(mine: Run, folder: Path) -> None:
    made = mine("template", "new", "our-tips", "--from", "announcement")
    assert made.code == 0
    footer = folder / "mine/email/our-tips/_footer.html"
    footer.write_text(footer.read_text("utf-8").replace("Not useful any more?", "Enough?"), "utf-8")
    assert "our-tips is in order" in mine("template", "check", "our-tips").out
    written = mine("template", "preview", "our-tips", "--json").json()["written"]
    assert "Enough? Unsubscribe whenever you like." in Path(written["offer alone"]["html"]).read_text("utf-8")
    listed = {each["name"]: each["origin"] for each in mine("template", "list", "--json").json()}
    assert listed["our-tips"] == "yours"
    assert listed["announcement"] == "packaged"


def test_a_campaign_uses_it(mine: Run, folder: Path) -> None:
    mine("template", "new", "our-tips")
    style = folder / "mine/email/our-tips/_base.html"
    style.write_text(style.read_text("utf-8").replace('<div class="column">', '<div class="column">OURS'), "utf-8")
    (folder / "knees.txt").write_text("Kinder knees\n\nKnees like company. Walk with a friend.\n")
    assert mine("list", "add", "tips", "--name", "Tips").code == 0
    assert mine("article", "add", "knees.txt", "--slug", "knees").code == 0
    add = ("campaign", "add", "may", "--list", "tips", "--article", "knees", "--subject", "Knees")
    assert mine(*add, "--template", "our-tips").code == 0
    shown = mine("campaign", "preview", "may", "--json").json()
    assert "OURS" in Path(shown["html"]).read_text("utf-8")


def test_problems_are_listed_and_the_command_fails(mine: Run, folder: Path) -> None:
    mine("template", "new", "our-tips")
    (folder / "mine/email/our-tips/mail.txt").write_text("{{ brand.nam }}\n{{ lost }}\n")
    found = mine("template", "check", "our-tips")
    assert found.code == 1
    assert found.out.splitlines() == [
        "✗ our-tips/mail.txt, line 1: brand.nam is not known; there is name",
        "✗ our-tips/mail.txt, line 2: lost is not known; there is list",
    ]
    assert found.err == "our-tips has 2 problems; mend them and check again\n"


def test_without_a_place_for_it_new_says_what_to_set(tipsheet: Run) -> None:
    assert "[templates] path" in tipsheet("template", "new", "our-tips").refused()
    assert "There is no template weekly" in tipsheet("template", "check", "weekly").refused()
