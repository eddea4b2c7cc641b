"""HTML to the words in it. Never for judging HTML: what comes out is plain text and is escaped when rendered."""

from __future__ import annotations

import re
from html import unescape

_SILENT = re.compile(r"<(script|style|template)\b", re.I)  # their content is no text
_SILENT_END = re.compile(r"</(?:script|style|template)\b", re.I)


def without_tags(html: str) -> str:
    kept: list[str] = []
    here, last = 0, html.rfind(">")
    while here <= (opening := html.find("<", here)) < last:
        kept.append(html[here:opening])
        here = _after_tag(html, opening)
        kept.append(" " if here > opening + 1 else "<")
    kept.append(html[here:])
    return unescape("".join(kept))


def _after_tag(html: str, opening: int) -> int:
    """Where the text goes on; an unclosed comment or script hides the rest."""
    if html.startswith("<!--", opening):
        return _after(html, "-->", opening)
    if not html[opening + 1 : opening + 2].isalpha() and html[opening + 1 : opening + 2] not in ("/", "!", "?"):
        return opening + 1
    if _SILENT.match(html, opening):
        end = _SILENT_END.search(html, opening)
        return _after(html, ">", end.start()) if end else len(html)
    return _after(html, ">", opening)


def _after(html: str, mark: str, start: int) -> int:
    found = html.find(mark, start)
    return found + len(mark) if found >= 0 else len(html)
