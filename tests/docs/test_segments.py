"""The page on segments names what the program knows."""

from __future__ import annotations

from campaigns.segments.fields import FIELDS, WAYS
from subscribers.fields.custom import TYPES
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "segments.md").read_text()


def test_every_field_stands_in_the_table() -> None:
    missing = [name for name, known in FIELDS.items() if f"| `{name}` | {known.kind} | {known.help} |" not in PAGE]
    assert missing == []


def test_every_way_to_ask_stands_in_the_table() -> None:
    rows = {line.partition("|")[2].split(" | ")[0].strip() + line.rpartition(" | ")[2] for line in PAGE.splitlines()}
    assert {f"{kind}`{example}` |" for kind, ways in WAYS.items() for _, example in ways} <= rows


def test_every_type_stands_in_the_table() -> None:
    assert [kind for kind in TYPES if f"\n| {kind} | " not in PAGE] == []
