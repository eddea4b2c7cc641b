"""The offers that stand inside an article: where each begins and ends, its title, words, phone and link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from campaigns.articles.blocks import Block, Link, words
from campaigns.articles.headings import is_generic
from campaigns.articles.numbering import number_of
from campaigns.articles.phones import phones
from campaigns.articles.sentences import ends_as_sentence, sentences

Links = Mapping[int, Sequence[Link]]  # by the index of their block

_QUALIFIER = (
    r"(?:this|the|our|your|a|an|new|current|latest|monthly|weekly|daily|annual|month|week|special|limited|time"
    r"|limited-time|exclusive|introductory|seasonal|holiday|bonus|client|patient|member|member|intro|featured"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|spring|summer|autumn|fall|winter|easter|christmas|new\s+year)(?:['’]s)?"
)
_NOUN = r"(?:offers?|deals?|promotions?|promos?|discounts?|coupons?|vouchers?|giveaways?)"
_LABEL = re.compile(
    rf"(?P<label>(?:{_QUALIFIER}\s+){{0,4}}(?:{_NOUN}|(?<=\w\s)specials?)"
    r"(?:\s+(?:of\s+the\s+(?:month|week|season)|this\s+(?:month|week)|inside|alert|for\s+(?:new|all|our)\s+\w+|for\s+you))?)"
    r"(?:(?P<stop>\s*[:!]|\s+[-–—|])\s*(?P<title>\S.*)?|\s*[.!]?)$",
    re.I | re.S,
)
# A heading that says a price went down is an offer without a label.
_PRICE_CUT = re.compile(r"\b[0-9]{1,2}\s?% off\b|\bhalf[- ]price\b|\bsave (?:up to )?[$€£]\s?[0-9]", re.I)
_MOST_TITLE_WORDS = 14
_MOST_LABEL_SEARCH = 200  # characters: a label longer than this is a paragraph
_EMOJI = re.compile(r"^[^\w\"'“‘(]+")
_URL = re.compile(r"https?://[^\s<>\"']{1,2000}", re.I)
_ACTION = re.compile(
    r"(?:book|schedule|reserve|claim|call|contact|sign\s+up|join|register|order|request|start|get|try|redeem)\b", re.I
)
_MOST_ACTION_WORDS = 8
_TELLING = 4  # letters: shorter words say nothing about what an action is for


@dataclass(frozen=True, slots=True)
class FoundOffer:
    title: str  # without a label such as "Monthly Offer:", unless that is all there is
    body: str  # paragraphs with a blank line between them; empty if the article says no more than the title
    phone: str  # the article's own where the offer names none
    url: str  # empty if none is named: never invented
    cta: str  # words for a button, as the article has them, or empty


@dataclass(frozen=True, slots=True)
class Span:
    """The blocks from `start` up to, without, `end`; `first` is where the body begins."""

    start: int
    first: int
    end: int
    title: str
    opening: str = ""  # of the body, where label, title and body share a paragraph


def find_offers(blocks: Sequence[Block], links: Links, phone: str) -> tuple[FoundOffer, ...]:
    return tuple(_offer(span, blocks, links, phone) for span in offer_spans(blocks))


def offer_spans(blocks: Sequence[Block]) -> list[Span]:
    spans: list[Span] = []
    i = 0
    while i < len(blocks):
        span = _span(blocks, i)
        if span:
            spans.append(span)
        i = span.end if span else i + 1
    return spans


def is_offer_label(text: str) -> bool:
    return _label(text) is not None


def first_phone(spoken: str, links: Iterable[Link]) -> str:
    """The number as the words have it; one that only a tel: link knows comes after."""
    dialled = [unquote(link.url[4:]).strip() for link in links if link.url.startswith("tel:")]
    return next(iter(phones(spoken) + dialled), "")


def _label(text: str) -> re.Match[str] | None:
    text = _EMOJI.sub("", text)
    if len(text) <= _MOST_LABEL_SEARCH:
        return _LABEL.match(text)
    # A paragraph may open with the label; then something follows its colon.
    return _LABEL.match(text) if _LABEL.match(text[:_MOST_LABEL_SEARCH]) else None


def _span(blocks: Sequence[Block], i: int) -> Span | None:
    block = blocks[i]
    if block.kind == "heading" and _PRICE_CUT.search(block.text) and not is_offer_label(block.text):
        return Span(i, i + 1, _end(blocks, i), _bare(block.text))
    match = _label(block.text) if block.kind in ("heading", "paragraph") else None
    if not match:
        return None
    title = (match["title"] or "").strip()
    if title and block.kind == "paragraph" and len(title.split()) > _MOST_TITLE_WORDS:
        return _in_one_paragraph(i, match["label"], title)
    if block.kind == "paragraph" and not title and ends_as_sentence(block.text):
        return None  # "Special offers." within a text names none
    if not title and _is_title_of(blocks, i):
        return Span(i, i + 2, _end(blocks, i + 1), _bare(blocks[i + 1].text))
    return Span(i, i + 1, _end(blocks, i), _bare(title or _EMOJI.sub("", block.text)))


def _in_one_paragraph(i: int, label: str, words_after: str) -> Span:
    first, *others = sentences(words_after)
    if others and len(first.split()) <= _MOST_TITLE_WORDS:
        return Span(i, i + 1, i + 1, _bare(first), " ".join(others))
    return Span(i, i + 1, i + 1, label, words_after)


def _is_title_of(blocks: Sequence[Block], i: int) -> bool:
    """A label alone, and right under it a heading with text of its own: that is the offer's title."""
    under = blocks[i + 1 : i + 3]
    if [block.kind for block in under] != ["heading", "paragraph"]:
        return False
    return under[0].level >= blocks[i].level and not is_generic(under[0].text)


def _end(blocks: Sequence[Block], head: int) -> int:
    """Up to the next heading or offer; headings deeper than the offer's own belong to it, numbered ones do not."""
    i = head + 1
    while i < len(blocks) and not is_offer_label(blocks[i].text):
        if blocks[i].kind == "heading":
            deeper = blocks[head].kind == "heading" and blocks[i].level > blocks[head].level
            if not deeper or number_of(blocks[i].text):
                break
        i += 1
    return i


def _bare(title: str) -> str:
    return title.strip().rstrip(".!:;,– —-") or title.strip()


def _offer(span: Span, blocks: Sequence[Block], links: Links, phone: str) -> FoundOffer:
    inside = blocks[span.first : span.end]
    parts = [span.opening, *map(_words_of, inside)]
    body = "\n\n".join(part for part in parts if part)
    linked = [link for i in range(span.start, span.end) for link in links.get(i, ())]
    own_links = [link for link in linked if not link.url.startswith("tel:")]
    urls = [link.url for link in own_links] + [url.rstrip(".,;:!?)]") for url in _URL.findall(body)]
    return FoundOffer(
        title=span.title,
        body=body,
        phone=first_phone(f"{span.title}\n{body}", linked) or phone,
        url=next(iter(urls), ""),
        cta=_action(span, own_links, blocks),
    )


def _words_of(block: Block) -> str:
    return "\n".join(f"• {item}" for item in block.items) if block.kind == "list" else block.text


def _action(span: Span, links: Sequence[Link], blocks: Sequence[Block]) -> str:
    """Words that ask to act: of the offer's link, of a short line in it, or of one elsewhere that names its title."""
    about = {word.lower() for word in words(span.title) if len(word) >= _TELLING}
    linked = [link.label for link in links if _asks(link.label)]
    own = [block.text for block in blocks[span.first : span.end] if _asks(block.text)]
    others = [b.text for b in blocks if _asks(b.text) and len(about & {w.lower() for w in words(b.text)}) > 1]
    return _bare(next(iter(linked + own + others), ""))


def _asks(text: str) -> bool:
    short = len(text) < _MOST_LABEL_SEARCH and len(text.split()) <= _MOST_ACTION_WORDS
    return short and _ACTION.match(text) is not None
