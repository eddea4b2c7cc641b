"""The pages that name things of the code one by one: words, dependencies, what needs attention."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from typing import Any

import pytest
import typer

from cli.main import app
from tests.docs.pages import ROOT, page

OURS = ("base", "campaigns", "cli", "delivery", "localgrid", "migrations", "subscribers", "templates", "web")


def avoided() -> list[str]:
    """The words that are wrong wherever they stand; with a remark in parentheses they are wrong in one sense only."""
    cells = [row[2] for row in page("docs/words.md").tables() if len(row) == 3 and row[0] not in ("word", "---")]
    return [word.strip() for cell in cells for word in cell.split(",") if word.strip() and "(" not in word]


def test_there_are_words_to_avoid() -> None:
    assert {"blast", "snippet", "filter"} <= set(avoided())


@pytest.mark.parametrize("word", avoided())
def test_a_word_to_avoid_is_not_in_the_help(word: str) -> None:
    pattern = re.compile(rf"\b{re.escape(word)}s?\b", re.IGNORECASE)
    assert [words for words in _help(typer.main.get_command(app)) if pattern.search(words)] == []


def test_each_package_that_we_import_has_its_reason() -> None:
    """One row for each, and no row for what is no dependency any more."""
    rows = page("docs/decisions.md").tables()
    reasons = {row[0] for row in rows if len(row) == 2 and row[0] not in ("package", "---")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[\[<>=]", each)[0] for each in project["dependencies"]}
    assert (_imported() & declared) - reasons == set()
    assert reasons - declared == set()


def test_what_a_campaign_says_when_it_needs_attention_is_in_the_code() -> None:
    source = "".join(file.read_text("utf-8") for name in OURS for file in (ROOT / name).rglob("*.py"))
    together = re.sub(r"\"\s+f?\"", "", source)  # a sentence may go on in the next line
    said = re.findall("“([^”]+)”", page("docs/operations.md").text)
    assert len(said) > 10
    assert [words for words in said if not _is_said(words, together)] == []


def _is_said(words: str, source: str) -> bool:
    """The provider's number is put in only when it answers."""
    return words in source or re.sub(r"\d{3}$", "{reply.status}", words) in source


def _help(command: Any) -> Iterator[str]:
    yield (command.help or "").partition("Example:")[0]
    yield from (each.help or "" for each in command.params)
    for inner in getattr(command, "commands", {}).values():
        yield from _help(inner)


def _imported() -> set[str]:
    owners = packages_distributions()
    files = [file for name in OURS for file in (ROOT / name).rglob("*.py")] + [ROOT / "scheduler.py"]
    modules = {name for file in files for name in _modules(ast.parse(file.read_text("utf-8")))}
    return {owner.lower() for name in modules for owner in owners.get(name, [])}


def _modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
