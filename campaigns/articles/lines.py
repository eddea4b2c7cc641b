"""The lines of a plain text: wrapped ones joined again, and the mark that each opens with taken off.
What a line is for — heading, item, paragraph — is decided in roles.py."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from campaigns.articles.headings import looks
from campaigns.articles.numbering import number_of
from campaigns.articles.sentences import ends_as_sentence

# These say "item" wherever they stand; any other mark (a dash, an emoji) needs a neighbour with the same one.
SURE_BULLETS = frozenset("•‣◦⁃∙●○■□▪▫◆◇►▶▸➤➢➔✓✔✅☑✗✘❌\uf0b7\uf0a7")
DASHES = frozenset("-–—*+·→★☆✦")
_NO_BULLETS = frozenset("<>=~|©®™°¦¬^`¨´¯¸")
_VARIATION = "\ufe0f\ufe0e"
_LONGEST_MARK = 4  # characters: an emoji with its skin tone and joiners
_RULE = re.compile(r"[\s\-=_*~·•#—–.]*")
# The margin that people and mail programs wrap at. A longer line stands for a whole paragraph.
_NARROWEST, _WIDEST = 40, 120
_SET_IN = ("  ", "\t")


@dataclass(frozen=True, slots=True)
class Line:
    text: str  # one space between words, without the bullet
    bullet: str = ""
    quoted: bool = False  # it opened with ">"

    @property
    def whole(self) -> str:
        """The line as it stood, for a mark that turns out to be no bullet."""
        return f"{self.bullet} {self.text}" if self.bullet else self.text


def lines(text: str) -> list[Line]:
    return [_line(joined) for joined in _unwrapped(text.split("\n"))]


def _unwrapped(raw: list[str]) -> Iterator[str]:
    margin = _margin(raw)
    joined: list[str] = []
    for i, line in enumerate(raw):
        blank = _is_rule(line)
        if joined and (blank or not _continues(raw[i - 1], line, joined, margin)):
            yield " ".join(joined)
            joined = []
        if not blank:
            joined.append(" ".join(line.split()))
    if joined:
        yield " ".join(joined)


def _margin(raw: list[str]) -> int:
    """The width a text is wrapped at, or 0: most of its long lines then break off within a sentence."""
    lengths = sorted(len(line.rstrip()) for line in raw if line.strip())
    usual = lengths[len(lengths) * 9 // 10] if lengths else 0
    if not _NARROWEST <= usual <= _WIDEST:
        return 0
    margin = max(length for length in lengths if length <= usual * 1.1)
    full = [a for a, b in pairwise(raw) if b.strip() and margin * 0.75 <= len(a.rstrip()) <= margin]
    broken = [line for line in full if not ends_as_sentence(line) and not line.rstrip().endswith(":")]
    return margin if len(full) >= 3 and len(broken) * 2 > len(full) else 0


def _continues(before: str, line: str, joined: list[str], margin: int) -> bool:
    set_in = line.startswith(_SET_IN) and not before.startswith(_SET_IN)
    if not (margin or set_in) or _is_rule(before) or _opens_item(line):
        return False
    if set_in and _opens_item(joined[0]):
        return True
    first_word = line.split(maxsplit=1)[0]
    fits = len(before.rstrip()) + 1 + len(first_word) <= margin
    is_heading = len(joined) == 1 and looks(joined[0]) == "strong"
    return margin > 0 and (first_word[0].islower() or not (fits or is_heading))


def _is_rule(line: str) -> bool:
    return _RULE.fullmatch(line) is not None


def _opens_item(line: str) -> bool:
    number = number_of(line.strip())
    return bool(_bullet(line.strip())) or (number is not None and number.style.startswith("digits  "))


def _line(text: str) -> Line:
    if text.startswith(">"):
        return Line(text=text.lstrip("> ").strip() or text, quoted=True)
    mark = _bullet(text)
    return Line(text=text[len(mark) :].lstrip(_VARIATION).strip(), bullet=mark) if mark else Line(text=text)


def _bullet(text: str) -> str:
    first = text.split(maxsplit=1)[0] if text else ""
    if len(first) == len(text):
        return ""
    if first[0] in SURE_BULLETS:
        return first[0]
    if len(first) <= _LONGEST_MARK and all(map(_is_mark, first.rstrip(_VARIATION))):
        return first
    return ""


def _is_mark(char: str) -> bool:
    if char in _NO_BULLETS:
        return False
    return char in DASHES or char == "\u200d" or unicodedata.category(char) in {"So", "Sm", "Sk", "Mn", "Co"}
