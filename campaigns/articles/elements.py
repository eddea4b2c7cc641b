"""The elements of an article, sanitised, into blocks. Which elements are the article's: page.py."""

# ruff: noqa: SIM905 - a long list of words is read more easily as one text

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree

from campaigns.articles.blocks import Block, Kind, Link, Text, block_of, words
from campaigns.articles.code import code_in
from campaigns.articles.furniture import is_notice, speaks_of_page
from campaigns.articles.headings import could_head_text
from campaigns.articles.items import items_of, number_of_item, parted, rows_of, together
from campaigns.articles.runs import Line, Run, joined, said, tidied
from campaigns.articles.sentences import ends_as_sentence
from campaigns.articles.urls import is_web_url

_TABLE_WARNING = "A table was turned into a list, one item a row: check that it still reads well."
_BLOCKS = frozenset(
    "address article blockquote center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " li main menu ol p section summary table tbody td tfoot th thead tr ul".split()
)
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_MOST_PARTS = 50  # of a bold line that may be a heading
_LONGEST_MARK = 3  # characters of the number that leads to a footnote


def read_elements(root: etree._Element, base: str = "") -> Text:
    """`base` is the page's own address, for links and pictures that are given without one. Which pictures and
    links a mail can show is not judged yet: see make_article in page.py."""
    page = _Page(base)
    page.inside(root)
    page.flush()
    links = {index: tuple(links) for index, links in page.links.items() if index >= 0}
    return Text("", tuple(page.blocks), links, tuple(page.warnings))


@dataclass
class _Page:
    """The blocks so far, and the words since the last of them."""

    base: str
    blocks: list[Block] = field(default_factory=list)
    links: dict[int, list[Link]] = field(default_factory=dict)
    warnings: dict[str, None] = field(default_factory=dict)  # in order, each once
    parts: list[Run] = field(default_factory=list)
    linked: list[Link] = field(default_factory=list)  # in these parts
    unlinked: int = 0  # how many words of these parts no link holds
    plain: int = 0  # how many are not bold
    loose: int = 0  # how many of all parts no link holds
    in_bold: bool = False
    in_link: bool = False
    href: str = ""  # of the link around the next words
    quoted: bool = False
    pictures: list[Block] = field(default_factory=list)  # they follow the words that they stand in
    shown: set[str] = field(default_factory=set)  # a lazy picture stands twice on its page

    def inside(self, element: etree._Element) -> None:
        self._words(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._take(child)
            self._words(child.tail)

    def flush(self, make: Callable[[Line], Block] | None = None) -> None:
        """What was gathered becomes a block; what only leads elsewhere leaves its link to the block before."""
        line, linked, unlinked = tidied(self.parts), self.linked, self.unlinked
        text = said(line)
        self.parts, self.linked, self.unlinked, self.plain = [], [], 0, 0
        # Blocks inside of one link are a card, which speaks of another page.
        leads_away = self.in_link or not (unlinked or ends_as_sentence(text))
        if make is None and (not words(text) or leads_away or is_notice(text)):
            self.links.setdefault(len(self.blocks) - 1, []).extend(linked)
        elif words(text):
            self.links.setdefault(len(self.blocks), []).extend(linked)
            kind: Kind = "quote" if self.quoted else "paragraph"
            self.blocks.append(make(line) if make else block_of(kind, line))
        self.blocks += self.pictures
        self.pictures = []

    def _take(self, element: etree._Element) -> None:
        taken = _TAKERS.get(element.tag)
        if taken:
            taken(self, element)
        elif element.tag in _BLOCKS:
            self._take_inside(element)
        elif element.tag in ("b", "strong"):
            outside, self.in_bold = self.in_bold, True
            self.inside(element)
            self.in_bold = outside
        else:
            self.inside(element)

    def _take_inside(self, element: etree._Element) -> None:
        self.flush()
        self.inside(element)
        self.flush()

    def heading(self, element: etree._Element) -> None:
        self.flush()
        level = max(2, int(element.tag[1])) if element.tag != "summary" else 3
        own = self._apart(element)
        self.blocks += [block for block in own.blocks if block.kind == "image"]
        line = _line(own.blocks)
        if line and not self.in_link:
            self.links[len(self.blocks)] = own.all_links()
            self.blocks.append(block_of("heading", line, level=level))

    def quote(self, element: etree._Element) -> None:
        self.flush()
        outside, self.quoted = self.quoted, True
        self.inside(element)
        self.flush()
        self.quoted = outside

    def line_break(self, element: etree._Element) -> None:
        """Two in a row part paragraphs; one only wraps a line, unless that is bold: so headings were made once."""
        after = element.getnext()
        if after is not None and after.tag == "br" and not (element.tail or "").strip():
            self.flush()
        elif (
            self.unlinked
            and not self.plain
            and len(self.parts) < _MOST_PARTS
            and could_head_text(said(tidied(self.parts)))
        ):
            self.flush(lambda line: block_of("heading", line, level=3))
        else:
            self.parts.append(Run("\n"))

    def code(self, element: etree._Element) -> None:
        self.flush()
        text = code_in(element)
        self.loose += len(words(text))
        self.blocks += [Block(kind="code", text=text)] * bool(text)

    def link(self, element: etree._Element) -> None:
        url, start = element.get("href", "").strip(), len(self.parts)
        jumps, writes = url.startswith("#"), url.lower().startswith("mailto:")
        if jumps and len(_words_in(element)) <= _LONGEST_MARK:
            return
        outside = self.in_link, self.href
        url = _joined(self.base, url) if url and not jumps else url
        self.in_link, self.href = bool(url) and not (jumps or writes), url or self.href
        blocks = len(self.blocks)
        self.inside(element)
        self.in_link, self.href = outside
        label = said(tidied(self.parts[start:])) if blocks == len(self.blocks) else _words_in(element)
        if jumps:
            url = _joined(self.base, url)
        if label and (is_web_url(url) or url.startswith("tel:")):
            self.linked.append(Link(url, label))

    def items(self, element: etree._Element) -> None:
        """Lists inside of items become items of their own; a list of nothing but links is a menu."""
        self.flush()
        made: list[Block] = []
        pictures: list[Block] = []
        linked: list[Link] = []
        menu = True
        for item in items_of(element):
            own = self._apart(item)
            found = own.all_links()
            made += parted(own.blocks, number_of_item(item))
            pictures += [block for block in own.blocks if block.kind == "image"]
            linked += found
            menu = menu and (not own.loose or speaks_of_page(said(_line(own.blocks))))
        if made and not menu:
            self.links.setdefault(len(self.blocks), []).extend(linked)
            self.blocks += together(made)
            self.blocks += pictures

    def table(self, element: etree._Element) -> None:
        """A list, one item a row; one of nothing but links is a menu."""
        rows = rows_of(element)
        if rows is None:
            self._take_inside(element)
            return
        self.flush()
        cells = [[self._apart(cell) for cell in row] for row in rows]
        lines = [joined((_line(cell.blocks) for cell in row), " – ") for row in cells]
        if any(cell.loose for row in cells for cell in row):
            self.links.setdefault(len(self.blocks), []).extend(link for r in cells for c in r for link in c.all_links())
            self.blocks.append(block_of("list", *filter(None, lines), table=True))
            self.warnings[_TABLE_WARNING] = None

    def figure(self, element: etree._Element) -> None:
        self.flush()
        before = len(self.blocks)
        caption = joined((tuple(self._plain_runs(each)) for each in element.iter("figcaption")), " ")
        for each in list(element.iter("figcaption")):
            each.drop_tree()
        self.inside(element)
        self.flush()
        pictures = [i for i in range(before, len(self.blocks)) if self.blocks[i].kind == "image"]
        if caption and pictures:
            last = self.blocks[pictures[-1]]
            self.blocks[pictures[-1]] = block_of("image", caption, url=last.url, alt=last.alt)
        elif caption and len(self.blocks) > before:
            self.blocks.append(block_of("paragraph", caption))

    def picture(self, element: etree._Element) -> None:
        """After the words around it: a sentence is not torn apart."""
        found = (_joined(self.base, element.get(name, "").strip()) for name in _SOURCES if element.get(name))
        url = next((url for url in found if not url.startswith("data:")), "")
        if not url or url in self.shown:
            return
        self.shown.add(url)
        self.pictures.append(Block(kind="image", url=url, alt=said(tidied([Run(element.get("alt", ""))]))))
        if not any(part.text.strip() for part in self.parts):
            self.flush()

    def all_links(self) -> list[Link]:
        return [link for links in self.links.values() for link in links]

    def _apart(self, element: etree._Element) -> _Page:
        """What the element holds, read as a page of its own: every word of it counts."""
        own = _Page(self.base, shown=self.shown)
        own.inside(element)
        own.flush(lambda line: block_of("paragraph", line))
        self.warnings |= own.warnings
        return own

    def _plain_runs(self, element: etree._Element, href: str = "") -> Iterator[Run]:
        """The words with their links, whatever else is in there."""
        yield Run(element.text or "", href)
        for child in element:
            if isinstance(child.tag, str):
                url = child.get("href", "").strip() if child.tag == "a" else ""
                yield from self._plain_runs(child, _joined(self.base, url) if url else href)
            yield Run(child.tail or "", href)

    def _words(self, text: str | None) -> None:
        if text:
            self.parts.append(Run(text, self.href))
            loose = 0 if self.in_link else len(words(text))
            self.unlinked += loose
            self.loose += loose
            self.plain += 0 if self.in_bold else len(words(text))


_TAKERS: dict[str, Callable[[_Page, etree._Element], None]] = {
    **{f"h{level}": _Page.heading for level in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "dl", "menu"), _Page.items),
    **dict.fromkeys(("img", "amp-img"), _Page.picture),
    "a": _Page.link,
    "blockquote": _Page.quote,
    "br": _Page.line_break,
    "figure": _Page.figure,
    "pre": _Page.code,
    "summary": _Page.heading,
    "table": _Page.table,
}


def _line(blocks: list[Block]) -> Line:
    return joined((line for block in blocks for line in block.runs()), " ")


def _words_in(element: etree._Element) -> str:
    return said(tidied([Run("".join(element.itertext()))]))


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""
