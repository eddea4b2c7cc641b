"""Whatever the pages name is there: commands and their options, settings, files, make targets, links."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from itertools import takewhile
from typing import Any

import pytest
import typer

from base.config.sections import SECTIONS
from cli.main import app
from tests.docs.pages import ROOT, Page, commands, pages

PROGRAM: Any = typer.main.get_command(app)
EVERYWHERE = {"--help", "--config", "--json"}
PLACES = "base|benchmarks|campaigns|cli|delivery|docs|localgrid|migrations|requirements|subscribers|templates|tests|web"
KEYS = {(section, key.name) for section, kind in SECTIONS.items() for key in fields(kind)}

every_page = pytest.mark.parametrize("one", pages(), ids=lambda one: one.name)


@every_page
def test_its_commands_are_those_of_the_program(one: Page) -> None:
    assert [wrong for words in commands(one) if (wrong := _wrong(words))] == []


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert _wrong(["campaign", "explode", "december"]) == "campaign explode december"
    assert _wrong(["campaign", "send", "december", "--twice"]) == "campaign send december --twice"
    assert _wrong(["campaign", "send", "december", "--wait"]) == ""


@every_page
def test_its_options_are_those_of_some_command(one: Page) -> None:
    known = EVERYWHERE | {name for command in _all(PROGRAM) for name in _options(command)}
    named = {word for code in one.code() if code.startswith("--") for word in code.split() if word.startswith("--")}
    assert named - known == set()


@every_page
def test_its_settings_are_those_of_the_configuration(one: Page) -> None:
    named = {found for code in one.code() for found in re.findall(r"\[(\w+)\] (\w+)", code)}
    named |= {(s.lower(), k.lower()) for s, k in re.findall(r"TIPSHEET_([A-Z]+)__([A-Z_]+)", one.text)}
    assert {(section, key) for section, key in named if section.islower()} - KEYS - {("dependency", "groups")} == set()


@every_page
def test_its_files_are_in_the_project(one: Page) -> None:
    named = {code for code in one.code() if re.fullmatch(rf"(?:{PLACES})/[\w./-]+", code)}
    assert {name for name in named if not (ROOT / name).exists()} == set()


@every_page
def test_its_links_lead_somewhere(one: Page) -> None:
    assert [link for link in one.links() if not link.startswith("http") and not _leads(one, link)] == []


@every_page
def test_what_it_places_in_a_file_is_defined_there(one: Page) -> None:
    places = re.findall(r"`(\w+)` (?:in|of)\s+\[[^\]]+\]\(([^)]+\.py)\)", one.text)
    assert [(name, file) for name, file in places if not _defines(one, name, file)] == []


@every_page
def test_its_make_targets_and_modules_can_be_run(one: Page) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for code in one.code():
        for target in re.findall(r"^make (\w+)", code):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for module in re.findall(r"python -m ([\w.]+)", code):
            assert importlib.util.find_spec(module), module


def test_the_readme_leads_to_every_page_of_docs() -> None:
    (readme,) = (one for one in pages() if one.name == "README.md")
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in readme.links()}
    assert set((ROOT / "docs").glob("*.md")) - linked == set()


def _wrong(words: list[str]) -> str:
    """The words, where the program would not understand them."""
    command, rest = PROGRAM, list(words)
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("--"):
            break
        if rest[0] not in command.commands:
            return " ".join(words)
        command = command.commands[rest.pop(0)]
    given = {word.partition("=")[0] for word in takewhile(lambda word: word != "--", rest) if word.startswith("--")}
    return " ".join(words) if given - EVERYWHERE - _options(command) else ""


def _options(command: Any) -> set[str]:
    return {name for each in command.params for name in (*each.opts, *each.secondary_opts)}


def _all(command: Any) -> list[Any]:
    inner = getattr(command, "commands", {}).values()
    return [command, *(each for one in inner for each in _all(one))]


def _leads(one: Page, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (one.path.parent / file).resolve() if file else one.path
    if not target.exists():
        return False
    return not anchor or anchor in Page(target, target.read_text("utf-8")).anchors()


def _defines(one: Page, name: str, file: str) -> bool:
    source = (one.path.parent / file).read_text("utf-8")
    return re.search(rf"^(?:def|class) {name}\b|^{name}\b.*=", source, re.MULTILINE) is not None
