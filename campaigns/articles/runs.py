"""The words of a line as runs, in and outside of links. Which links a mail may show: links.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
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
    kept: list[Run] = []
    for run in _spaced(runs):
        if run.text == " " and (not kept or kept[-1].text.endswith(" ")):
            continue
        if run.href and kept[-1:] == [Run(" ")] and kept[-2].href == run.href:
            kept.pop()  # a space within the link
            run = Run(f" {run.text}", run.href)
        if kept and kept[-1].href == run.href:
            run = Run(kept.pop().text + run.text, run.href)
        kept.append(run)
    if kept and kept[-1].text.endswith(" "):
        last = kept.pop()
        kept += [Run(last.text.rstrip(), last.href)] * (last.text != " ")
    return tuple(kept)


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


def _spaced(runs: Iterable[Run]) -> Iterator[Run]:
    """Words and the spaces beside them apart; inside of words each space is one."""
    for run in runs:
        text = _SPACE.sub(" ", without_hidden(run.text))
        if text.startswith(" "):
            yield Run(" ")
        if text.strip():
            yield Run(text.strip(), run.href)
        if len(text) > 1 and text.endswith(" "):
            yield Run(" ")


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
