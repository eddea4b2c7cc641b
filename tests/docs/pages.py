"""The written pages and what is found in them: code, links, commands. docs/cli.md is made by the program itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    path: Path
    text: str

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.text)

    def blocks(self, language: str | None = None) -> list[str]:
        return [body for kind, body in _FENCE.findall(self.text) if language in (None, kind)]

    def code(self) -> list[str]:
        """What stands between backticks in the text, and each line of a block."""
        return _INLINE.findall(self.prose) + [line for block in self.blocks() for line in block.splitlines()]

    def links(self) -> list[str]:
        return [one or other for one, other in _LINK.findall(self.prose)]

    def anchors(self) -> set[str]:
        return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.text)}

    def tables(self) -> list[list[str]]:
        """The cells of each row, of every table."""
        rows = [line for line in self.text.splitlines() if line.startswith("| ")]
        return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def pages() -> list[Page]:
    files = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [Page(file, file.read_text("utf-8")) for file in files if file.name != "cli.md"]


def page(name: str) -> Page:
    return next(each for each in pages() if each.name == name)


def commands(one: Page) -> Iterator[list[str]]:
    """The words of every `tipsheet …` on the page."""
    for code in one.code():
        words = shlex.split(code.strip(), comments=True)
        if words and words[0].rpartition("/")[2] == "tipsheet" and len(words) > 1:
            yield words[1:]
