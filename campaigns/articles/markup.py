"""Markdown into blocks: markdown-it's tokens, with links kept and other inline marks reduced to the words they dress.
Which links a mail can show is not judged here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from base.errors import BadInput
from campaigns.articles.blocks import Block, Link, Text, block_of, words
from campaigns.articles.code import code
from campaigns.articles.runs import Line, Run, joined, said, tidied
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
    items: list[list[Line]] = field(default_factory=list)  # what each says, a line for each of its paragraphs
    rows: bool = False  # whether there are a table's among them
    number: str | None = None  # of a list item that has no words yet
    cells: list[Line] | None = None  # of the table row that is open
    pictures: list[Block] = field(default_factory=list)  # they follow the block that they stand in

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._put(self._inline(token.children or []))
        elif kind in ("fence", "code_block"):
            self._code(token.content)
        elif kind == "html_block":
            self._warn(_HTML_WARNING)
            self._put([Run(without_tags(token.content))])
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
            self._end_items()

    def _end_items(self) -> None:
        items, rows, self.items, self.rows = self.items, self.rows, [], False
        lines = (joined(item, " ") for item in items)
        self._add(block_of("list", *lines, table=rows) if items else None)

    def _row(self, token: Token) -> None:
        if token.nesting == 1:
            self.cells = []
        else:
            row, self.cells = joined(self.cells or [], " – "), None
            self.items += [[row]] * bool(row)
            self.rows = True

    def _code(self, text: str) -> None:
        """Inside of a list it parts the items, as it needs lines of its own."""
        if self.items:
            self._end_items()
        text = code(text)
        self._add(Block(kind="code", text=text) if text else None)

    def _put(self, runs: Sequence[Run]) -> None:
        line = tidied(runs)
        if self.cells is not None:
            self.cells += [line] * bool(line)
        elif self.lists:
            self._put_in_item(line)
        elif self.level:
            level, self.level = self.level, 0
            self._add(block_of("heading", line, level=level) if line else None)
        else:
            self._add(block_of("quote" if self.quotes else "paragraph", line) if line else None)

    def _put_in_item(self, line: Line) -> None:
        self.level = 0  # a heading in a list is an item's words
        if not line:
            return
        if self.number is not None:
            self.items.append([(Run(self.number),), line] if self.number else [line])
        elif self.items:
            self.items[-1].append(line)
        else:  # what follows code in an item
            self._add(block_of("paragraph", line))
        self.number = None

    def _add(self, block: Block | None) -> None:
        """The block, then the pictures that stood in it; links without a block belong to no words."""
        found = self.links.pop(-1, [])
        if block:
            self.links[len(self.blocks)] = found
            self.blocks.append(block)
        self.blocks += self.pictures
        self.pictures = []

    def _inline(self, children: Sequence[Token]) -> list[Run]:
        runs: list[Run] = []
        opened: list[tuple[str, int]] = []
        for child in children:
            if child.type == "link_open":
                opened.append((str(child.attrs.get("href", "")), len(runs)))
            elif child.type == "link_close" and opened:
                url, start = opened.pop()
                self._link(url, said(tidied(runs[start:])))
                runs[start:] = [replace(run, href=url) for run in runs[start:]]
            elif child.type == "image":
                self._picture(child)
            elif child.type == "html_inline":
                self._warn(_HTML_WARNING)
                runs.append(Run(" " if child.content.lower().startswith("<br") else ""))
            else:
                runs.append(Run(" " if child.type.endswith("break") else child.content))
        return runs

    def _link(self, url: str, label: str) -> None:
        if is_web_url(url) or url.startswith("tel:"):
            self.links.setdefault(-1, []).append(Link(url, label))

    def _picture(self, token: Token) -> None:
        url, alt = str(token.attrs.get("src", "")), said(tidied([Run(c.content) for c in token.children or []]))
        if not is_picture_url(url):
            self._warn(f"The picture {url[:80]!r} was left out: give its whole address, with https://.")
            return
        if not alt:
            self._warn(f"The picture {url[:80]!r} has no alt text: write what it shows.")
        self.pictures.append(Block(kind="image", url=url, alt=alt))

    def _warn(self, sentence: str) -> None:
        self.warnings[sentence] = None
