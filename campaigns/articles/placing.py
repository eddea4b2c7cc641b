"""Where on its page an article stands. trafilatura says which words are the article's; the page's own elements around
them are then read (elements.py), because what trafilatura itself gives back lacks lists, captions and headings."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace

from lxml import etree

from base.errors import BadInput
from campaigns.articles.blocks import Block, Text, words, words_of
from campaigns.articles.furniture import ends_article

_FEWEST_WORDS = 60  # of an element that could be an article of its own
_MOST_OF_THEM = 0.6  # of the words of all articles on a page: then it is the one that the page is for
_SAME_PLACE = 0.97  # of the article's words: an element with so many holds the article
_KNOWN = 0.7  # of a block's words: then trafilatura, too, found it
_RUN = 3  # words in a row that are compared
_CONTENT_NAMES = ("article-body", "article-content", "e-content", "entry-content", "post-body", "post-content")


def article_element(body: etree._Element, title: str, name: str) -> tuple[etree._Element, str]:
    """The element that holds the article, and the words in it that are surely the article's. Raises BadInput."""
    root = _chosen(body, title, name)
    told = _told(root)
    return _around(_deepest(root, _runs(told)), root), told


def trimmed(text: Text, told: str) -> Text:
    """Without what stands before and after the article inside of its element."""
    runs, blocks = _runs(told), text.blocks
    known = [i for i, block in enumerate(blocks) if _is_known(block, runs)]
    if not known:
        return replace(text, blocks=())
    start, end = known[0], known[-1] + 1
    while start and blocks[start - 1].kind in ("heading", "image", "list"):
        start -= 1
    while end < len(blocks) and blocks[end].kind in ("image", "list"):
        end += 1
    closing = (i for i in range(start, end) if blocks[i].kind == "heading" and ends_article(blocks[i].text))
    end = next((i for i in closing if 2 * len(words_of(blocks[i:end])) < len(words_of(blocks[start:end]))), end)
    while end > start and blocks[end - 1].kind == "heading":
        end -= 1
    links = {i - start: found for i, found in text.links.items() if start <= i < end}
    return replace(text, blocks=blocks[start:end], links=links)


def after_title(text: Text, title: str) -> Text:
    """Without the heading that is the title, and what stands above it."""
    wanted = words(title.casefold())
    for i, block in enumerate(text.blocks):
        if block.kind == "heading" and words(block.text.casefold()) == wanted:
            links = {index - i - 1: found for index, found in text.links.items() if index > i}
            return replace(text, blocks=text.blocks[i + 1 :], links=links)
    return text


def _chosen(body: etree._Element, title: str, name: str) -> etree._Element:
    """Where a page shows several articles whole, the one that it has its title from."""
    large = [each for each in body.iter("article") if _length(each) >= _FEWEST_WORDS]
    alone = [each for each in large if not any(other is not each and each in other.iterancestors() for other in large)]
    if len(alone) < 2:
        return body
    titled = [each for each in alone if _has_title(each, title)]
    most = max(alone, key=_length)
    if len(titled) == 1:
        return titled[0]
    if _length(most) >= _MOST_OF_THEM * sum(map(_length, alone)):
        return most
    raise BadInput(f"{name} shows {len(alone)} articles: give the address of one of them")


def _told(root: etree._Element) -> str:
    """What trafilatura takes for the article's words."""
    # Imported where it is used: it takes a third of a second, and few commands read pages.
    from trafilatura import bare_extraction

    quieten()
    page = etree.Element("html")
    holder = etree.SubElement(page, "body")
    holder.append(deepcopy(root)) if root.tag != "body" else holder.extend(deepcopy(root))
    text = etree.tostring(page, encoding="unicode", method="html")
    found = bare_extraction(text, include_comments=False, include_tables=True, with_metadata=False)
    return str(found.text or "") if found and not isinstance(found, dict) else ""


def quieten() -> None:
    """What these libraries say of a page is nothing that a person could act upon."""
    for each in ("trafilatura", "htmldate", "courlan", "charset_normalizer", "justext"):
        logging.getLogger(each).setLevel(logging.CRITICAL)


def _deepest(root: etree._Element, runs: Counter[tuple[str, ...]]) -> etree._Element:
    """The innermost element with nearly all of these words."""
    wanted = _SAME_PLACE * _held(root, runs)
    while (inner := next((child for child in root if _held(child, runs) >= wanted), None)) is not None and wanted:
        root = inner
    return root


def _around(element: etree._Element, root: etree._Element) -> etree._Element:
    """The element that is made to hold an article, where one is near: lists may stand beside the paragraphs."""
    for each in (element, *element.iterancestors()):
        named = each.get("class", "").split()
        if each.tag == "article" or each.get("itemprop") == "articleBody" or any(n in named for n in _CONTENT_NAMES):
            return each
        if each is root:
            break
    return element


def _held(element: etree._Element, runs: Counter[tuple[str, ...]]) -> int:
    return sum((_runs(_text(element)) & runs).values())


def _is_known(block: Block, runs: Counter[tuple[str, ...]]) -> bool:
    own = _runs(" ".join(block.lines()))
    return block.kind != "heading" and bool(own) and sum((own & runs).values()) >= _KNOWN * sum(own.values())


def _runs(text: str) -> Counter[tuple[str, ...]]:
    each = words(text.casefold())
    size = min(_RUN, len(each)) or 1
    return Counter(tuple(each[i : i + size]) for i in range(len(each) - size + 1) if each)


def _has_title(element: etree._Element, title: str) -> bool:
    wanted = words(title.casefold())
    headings: Sequence[etree._Element] = list(element.iter("h1", "h2", "h3"))
    return bool(wanted) and any(_begins(wanted, words(_text(each).casefold())) for each in headings)


def _begins(title: list[str], heading: list[str]) -> bool:
    return bool(heading) and title[: len(heading)] == heading


def _length(element: etree._Element) -> int:
    return len(words(_text(element)))


def _text(element: etree._Element) -> str:
    return " ".join(element.itertext())


def says_enough(blocks: Sequence[Block]) -> bool:
    """Whether these are an article, and not what a page says when it has none."""
    told = [block for block in blocks if block.kind in ("paragraph", "list", "quote")]
    return len(words_of(told)) >= _FEWEST_WORDS // 2 and any(len(words(block.text)) >= 8 for block in told)
