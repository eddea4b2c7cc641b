"""Who wrote a page, with all dots, and on which day, where only a line below its title says so."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

from lxml import etree

from campaigns.articles.headings import is_byline

_ELEMENTS = ("p", "div", "span", "i", "em", "address", "h4", "h5", "h6", "small", "td")
_WRITER = re.compile(
    r"(?:written |posted )?by\s+((?-i:[^\W\d_a-z])[\w.'’-]+(?:\s+(?-i:[^\W\d_a-z])[\w.'’-]*){1,3})", re.I
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>(?:" + "|".join(_MONTHS) + r")[a-z]*)\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\b(?P<year>20\d\d)-(?P<number>\d\d)-(?P<day>\d\d)\b",
        rf"\b{_DAY}\s+{_MONTH},?\s+(?P<year>20\d\d)\b",
        rf"\b{_MONTH}\s+{_DAY},?\s+(?P<year>20\d\d)\b",
    )
)
_MOST_WORDS = 12
_LONGEST_SHORTENED = 4  # letters: "Prof." and all initials


def byline(body: etree._Element) -> tuple[str, str]:
    """The first writer and the first day (as 2026-12-01) that a byline names; "" for what none does."""
    writer = day = ""
    for element in body.iter(*_ELEMENTS):
        text = " ".join((element.text or "").split())
        if len(text.split()) <= _MOST_WORDS and is_byline(text):
            found = _WRITER.match(text)
            writer = writer or (found[1] if found else "")
            day = day or day_in(text)
    return writer, day


def as_written(author: str, html: str) -> str:
    """The names with the dots that trafilatura takes out of them, where the page's source has them: "Dr. A. Vale"."""
    text = unescape(html)
    return "; ".join(_with_dots(name, text) for name in author.split("; ") if name.strip())


def _with_dots(name: str, text: str) -> str:
    words = name.split()
    spaced = [re.escape(word) + (r"(?:\.\s*|\s+)" if _may_have_dot(word) else r"\s+") for word in words[:-1]]
    # At the end a full stop may be the sentence's own; one before a quote or a tag is the name's.
    end = r"(?:\.(?=\s*[\"'<]))?" if _may_have_dot(words[-1]) else ""
    pattern = rf"(?<![\w.]){''.join(spaced)}{re.escape(words[-1])}{end}(?![\w@])"
    return next((" ".join(said.split()) for said in re.findall(pattern, text) if "." in said), name)


def _may_have_dot(word: str) -> bool:
    return len(word) <= _LONGEST_SHORTENED


def day_in(text: str) -> str:
    for pattern in _DATES:
        if found := pattern.search(text):
            said = found.groupdict()
            month = int(said["number"]) if "number" in said else _MONTHS.index(said["month"][:3].lower()) + 1
            try:
                return date(int(said["year"]), month, int(said["day"])).isoformat()
            except ValueError:
                continue
    return ""
