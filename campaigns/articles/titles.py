"""The title of an article that has none: proposed from its headings or its first sentence."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.articles.blocks import Block, words
from campaigns.articles.headings import is_generic
from campaigns.articles.numbering import number_of
from campaigns.articles.offers_found import is_offer_label
from campaigns.articles.sentences import sentences

_MOST_WORDS, _MOST_CHARACTERS = 12, 110


def propose_title(blocks: Sequence[Block]) -> str:
    headings = (block.text for block in blocks if block.kind == "heading")
    speaking = (text for text in headings if not (is_generic(text) or number_of(text) or is_offer_label(text)))
    return _shortened(next(speaking, "") or _first_sentence(blocks))


def _first_sentence(blocks: Sequence[Block]) -> str:
    first = next((line for block in blocks for line in block.lines() if words(line)), "")
    return next(iter(sentences(first)), "")


def _shortened(text: str) -> str:
    kept = " ".join(text.split()[:_MOST_WORDS])[:_MOST_CHARACTERS]
    if kept != text:
        return kept.rstrip(" ,;:–—-") + "…"
    return text.rstrip(" .!:") or text
