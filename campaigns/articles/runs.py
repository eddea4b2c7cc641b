"""The words of a line as runs, in and outside of links. Which links a mail may show: links.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from campaigns.articles.encoding import without_hidden

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row; with an address they are a link."""

    text: str
    href: str = ""

    @property
    def aside(self) -> str:
        """What a text part says of the link beside its words; nothing where these are the address already."""
        if not self.href:
            return ""
        scheme, _, rest = self.href.partition(":")
        if scheme == "tel":
            return "" if _digits(rest).endswith(_digits(self.text) or "-") else f" <{rest}>"
        said = rest if scheme == "mailto" else self.href
        return f" <{said}>" if said.rstrip("/") != self.text.rstrip("/") else ""


Line = tuple[Run, ...]


def said(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)


def tidied(runs: Iterable[Run]) -> Line:
    """With one space between words and none around them or at the edges of a link; links without words are gone."""
    groups: list[tuple[str, list[str]]] = []  # an address and its words: joined at last, as there may be thousands
    space = False
    for run in runs:
        text = _SPACE.sub(" ", without_hidden(run.text))
        space = space or text.startswith(" ")
        if text.strip():
            _put(groups, text.strip(), run.href, " " if space and groups else "")
            space = text.endswith(" ")
    return tuple(Run("".join(texts), href) for href, texts in groups)


def _put(groups: list[tuple[str, list[str]]], text: str, href: str, space: str) -> None:
    """The space before a text belongs to a link only where both sides of it do."""
    last = groups[-1][0] if groups else None
    if last == href:
        groups[-1][1].extend((space, text))
    elif last == "":
        groups[-1][1].append(space)
        groups.append((href, [text]))
    elif not href:
        groups.append(("", [space, text]))
    else:
        groups += [("", [space])] * bool(space)
        groups.append((href, [text]))


def joined(lines: Iterable[Sequence[Run]], between: str) -> Line:
    """As one line; empty ones leave no trace."""
    together: list[Run] = []
    for line in filter(None, lines):
        together += [Run(between)] * bool(together)
        together += line
    return tidied(together)


def until(runs: Iterable[Run], length: int) -> Line:
    """The first so many characters. A link that is cut is none any more."""
    kept: list[Run] = []
    for run in runs:
        kept.append(run if len(run.text) <= length else Run(run.text[:length]))
        length -= len(kept[-1].text)
    return tidied(kept)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
