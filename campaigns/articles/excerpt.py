"""The part of an article that a mail shows: its lead, its key points, and how long the whole takes to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.articles.blocks import Block
from campaigns.articles.key_points import KeyPoint, key_points
from campaigns.articles.offers_found import offer_spans
from campaigns.articles.runs import Line, Run, until
from campaigns.articles.sentences import ends_as_sentence, sentences
from campaigns.articles.source import ReadArticle

__all__ = ["Excerpt", "KeyPoint", "excerpt", "linked_as_in", "without_offers"]

WORDS_A_MINUTE = 230
_CLAUSE_END = re.compile(r"[,;:)”]$|[—–]$")
_SHORTEST_CLAUSE = 0.5  # of the budget: an earlier clause would say too little


@dataclass(frozen=True, slots=True)
class Excerpt:
    lead: str  # paragraphs with a blank line between them
    key_points: tuple[KeyPoint, ...]
    minutes: int  # to read the whole article, at least 1


def excerpt(article: ReadArticle | Sequence[Block], words: int = 60) -> Excerpt:
    """The lead has at most `words` words and ends with a sentence; only where the first sentence alone is longer
    does it end within it, at a clause if there is one, with an ellipsis. Offers are no part of it."""
    title, blocks = (article.title, article.blocks) if isinstance(article, ReadArticle) else ("", tuple(article))
    own = without_offers(blocks)
    return Excerpt(
        lead=_lead(_opening(own), words),
        key_points=key_points(title, own),
        minutes=max(1, round(_length(blocks) / WORDS_A_MINUTE)),
    )


def without_offers(blocks: Sequence[Block]) -> tuple[Block, ...]:
    within = {i for span in offer_spans(blocks) for i in range(span.start, span.end)}
    return tuple(block for i, block in enumerate(blocks) if i not in within)


def linked_as_in(blocks: Sequence[Block], paragraph: str) -> Line:
    """A paragraph of the lead with the links that it has in the article. What says something of its own has none."""
    for ending in ("", "…"):
        shown = paragraph.removesuffix(ending)
        for block in blocks:
            if block.linked and block.kind in ("paragraph", "quote") and block.text.startswith(shown):
                return (*until(block.runs()[0], len(shown)), *[Run(paragraph[len(shown) :])] * (shown != paragraph))
    return (Run(paragraph),)


def _length(blocks: Sequence[Block]) -> int:
    return sum(len(line.split()) for block in blocks for line in block.lines())


def _opening(blocks: Sequence[Block]) -> list[str]:
    """The paragraphs that the article opens with, up to the first thing that is none."""
    paragraphs: list[str] = []
    for block in blocks:
        speaks = block.kind == "paragraph" and (ends_as_sentence(block.text) or len(sentences(block.text)) > 1)
        if speaks:
            paragraphs.append(block.text)
        elif paragraphs and block.kind != "image":
            break
    return paragraphs or [b.text for b in blocks if b.kind in ("paragraph", "quote")][:1]


def _lead(paragraphs: Sequence[str], budget: int) -> str:
    kept: list[str] = []
    for paragraph in paragraphs:
        whole = sentences(paragraph)
        said = _within(whole, budget - sum(len(text.split()) for text in kept))
        kept += [" ".join(said)] * bool(said)
        if len(said) < len(whole):
            break
    first = next(iter(sentences(paragraphs[0])), "") if paragraphs else ""
    return "\n\n".join(kept) or _cut(first.split(), budget)


def _within(said: Sequence[str], budget: int) -> list[str]:
    """The sentences that fit; a last one that only leads on to what is not shown (":") is left out."""
    kept: list[str] = []
    for sentence in said:
        budget -= len(sentence.split())
        if budget < 0 or not ends_as_sentence(sentence):
            break
        kept.append(sentence)
    return kept


def _cut(sentence: Sequence[str], budget: int) -> str:
    if len(sentence) <= budget:
        return " ".join(sentence)
    kept = list(sentence[:budget])
    clauses = [i for i, word in enumerate(kept, 1) if _CLAUSE_END.search(word) and i >= budget * _SHORTEST_CLAUSE]
    kept = kept[: clauses[-1]] if clauses else kept
    return " ".join(kept).rstrip(" ,;:–—") + "…"
