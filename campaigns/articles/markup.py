"""Markdown into blocks: markdown-it's tokens, with inline marks reduced to the words they dress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from base.errors import BadInput
from campaigns.articles.blocks import Block, Link, Text, words
from campaigns.articles.encoding import without_hidden
from campaigns.articles.tags import without_tags
from campaigns.articles.urls import is_picture_url, is_web_url

_HTML_WARNING = "Raw HTML in the Markdown was left out; the words inside it were kept."
_LONGEST_TITLE = 300  # characters
_MOST_BRACKETS = 20_000


def read_markup(text: str, name: str, *, title: str = "") -> Text:
    """A first heading is the title, unless another one is given. Raises BadInput."""
    if text.count("[") > _MOST_BRACKETS:  # the parser takes minutes over a megabyte of them
        raise BadInput(f"{name} has more than {_MOST_BRACKETS:,} brackets: give the article's text alone")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    page = _Page()
    for token in tokens:
        page.take(token)
    blocks = page.blocks
    if _is_title(blocks, title):
        links = {index - 1: tuple(links) for index, links in page.links.items() if index}
        return Text(blocks[0].text, tuple(blocks[1:]), links, tuple(page.warnings))
    links = {index: tuple(links) for index, links in page.links.items()}
    return Text("", tuple(blocks), links, tuple(page.warnings))


def _is_title(blocks: Sequence[Block], given: str) -> bool:
    if not blocks or blocks[0].kind != "heading" or len(blocks[0].text) > _LONGEST_TITLE:
        return False
    first = words(blocks[0].text.casefold())
    return first == words(given.casefold()) if given else blocks[0].level == 1 or _is_only_one(blocks)


def _is_only_one(blocks: Sequence[Block]) -> bool:
    """A first heading of a lower level is the title where nothing else stands as high."""
    return all(block.kind != "heading" or block.level > blocks[0].level for block in blocks[1:])


@dataclass
class _Page:
    """The blocks so far, and the block that the next words go to."""

    blocks: list[Block] = field(default_factory=list)
    links: dict[int, list[Link]] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)  # in order, each once
    level: int = 0  # of the heading that is open
    quotes: int = 0  # how many are open
    lists: int = 0
    items: list[str] = field(default_factory=list)
    number: str | None = None  # of a list item that has no words yet
    cells: list[str] | None = None  # of the table row that is open
    pictures: list[Block] = field(default_factory=list)  # they follow the block that they stand in

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._put(self._inline(token.children or []))
        elif kind in ("fence", "code_block"):
            self._put(token.content)
        elif kind == "html_block":
            self._warn(_HTML_WARNING)
            self._put(without_tags(token.content))
        elif kind == "heading_open":
            self.level = int(token.tag[1])
        elif kind in ("blockquote_open", "blockquote_close"):
            self.quotes += token.nesting
        elif kind == "list_item_open":
            self.number = f"{token.info}{token.markup} " if token.info else ""
        elif kind.startswith(("bullet_list_", "ordered_list_", "table_")):
            self._list(token)
        elif kind.startswith("tr_"):
            self._row(token)

    def _list(self, token: Token) -> None:
        if token.tag == "table" and token.nesting == 1:
            self._warn("A table was turned into a list, one item a row: check that it still reads well.")
        self.lists += token.nesting
        if self.lists == 0:
            self.number = None
            items, self.items = tuple(self.items), []
            self._add(Block(kind="list", items=items) if items else None)

    def _row(self, token: Token) -> None:
        if token.nesting == 1:
            self.cells = []
        else:
            row, self.cells = " – ".join(self.cells or []), None
            self.items += [row] * bool(row)

    def _put(self, text: str) -> None:
        text = _tidy(text)
        if self.cells is not None:
            self.cells += [text] * bool(text)
        elif self.lists:
            self._put_in_item(text)
        elif self.level:
            level, self.level = self.level, 0
            self._add(Block(kind="heading", level=level, text=text) if text else None)
        else:
            self._add(Block(kind="quote" if self.quotes else "paragraph", text=text) if text else None)

    def _put_in_item(self, text: str) -> None:
        self.level = 0  # a heading in a list is an item's words
        if not text:
            return
        if self.number is None and self.items:
            self.items[-1] += f" {text}"
        else:
            self.items.append(f"{self.number or ''}{text}")
        self.number = None

    def _add(self, block: Block | None) -> None:
        """The block, then the pictures that stood in it; links without a block belong to no words."""
        found = self.links.pop(-1, [])
        if block:
            self.links[len(self.blocks)] = found
            self.blocks.append(block)
        self.blocks += self.pictures
        self.pictures = []

    def _inline(self, children: Sequence[Token]) -> str:
        parts: list[str] = []
        opened: list[tuple[str, int]] = []
        for child in children:
            if child.type == "link_open":
                opened.append((str(child.attrs.get("href", "")), len(parts)))
            elif child.type == "link_close" and opened:
                url, start = opened.pop()
                self._link(url, _tidy("".join(parts[start:])))
            elif child.type == "image":
                self._picture(child)
            elif child.type == "html_inline":
                self._warn(_HTML_WARNING)
                parts.append(" " if child.content.lower().startswith("<br") else "")
            else:
                parts.append(" " if child.type.endswith("break") else child.content)
        return "".join(parts)

    def _link(self, url: str, label: str) -> None:
        if is_web_url(url) or url.startswith("tel:"):
            self.links.setdefault(-1, []).append(Link(url, label))

    def _picture(self, token: Token) -> None:
        url, alt = str(token.attrs.get("src", "")), _tidy("".join(c.content for c in token.children or []))
        if not is_picture_url(url):
            self._warn(f"The picture {url[:80]!r} was left out: give its whole address, with https://.")
            return
        if not alt:
            self._warn(f"The picture {url[:80]!r} has no alt text: write what it shows.")
        self.pictures.append(Block(kind="image", url=url, alt=alt))

    def _warn(self, sentence: str) -> None:
        self.warnings[sentence] = None


def _tidy(text: str) -> str:
    return " ".join(without_hidden(text).split())
