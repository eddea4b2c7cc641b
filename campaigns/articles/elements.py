"""The elements of an article, sanitised, into blocks. Which elements are the article's: page.py."""

# ruff: noqa: SIM905 - a long list of words is read more easily as one text

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree

from campaigns.articles.blocks import Block, Kind, Link, Text, words
from campaigns.articles.encoding import without_hidden
from campaigns.articles.furniture import is_notice, speaks_of_page
from campaigns.articles.headings import could_head_text
from campaigns.articles.items import items_of, numbered, rows_of
from campaigns.articles.sentences import ends_as_sentence
from campaigns.articles.urls import is_web_url

_TABLE_WARNING = "A table was turned into a list, one item a row: check that it still reads well."
_BLOCKS = frozenset(
    "address article blockquote center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " li main menu ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_SOURCES = ("src", "data-src", "data-original", "data-lazy-src")
_LONGEST_MARK = 3  # characters of the number that leads to a footnote


def read_elements(root: etree._Element, base: str = "") -> Text:
    """`base` is the page's own address, for links and pictures that are given without one. What pictures there are
    is not judged yet: see usable_pictures in page.py."""
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
    parts: list[str] = field(default_factory=list)
    linked: list[Link] = field(default_factory=list)  # in these parts
    unlinked: int = 0  # how many words of these parts no link holds
    plain: int = 0  # how many are not bold
    loose: int = 0  # how many of all parts no link holds
    in_bold: bool = False
    in_link: bool = False
    quoted: bool = False
    pictures: list[Block] = field(default_factory=list)  # they follow the words that they stand in
    shown: set[str] = field(default_factory=set)  # a lazy picture stands twice on its page

    def inside(self, element: etree._Element) -> None:
        self._words(element.text)
        for child in element:
            if isinstance(child.tag, str):
                self._take(child)
            self._words(child.tail)

    def flush(self, make: Callable[[str], Block] | None = None) -> None:
        """What was gathered becomes a block; what only leads elsewhere leaves its link to the block before."""
        text, linked, unlinked = _tidy("".join(self.parts)), self.linked, self.unlinked
        self.parts, self.linked, self.unlinked, self.plain = [], [], 0, 0
        # Blocks inside of one link are a card, which speaks of another page.
        leads_away = self.in_link or not (unlinked or ends_as_sentence(text))
        if make is None and (not words(text) or leads_away or is_notice(text)):
            self.links.setdefault(len(self.blocks) - 1, []).extend(linked)
        elif words(text):
            self.links.setdefault(len(self.blocks), []).extend(linked)
            kind: Kind = "quote" if self.quoted else "paragraph"
            self.blocks.append(make(text) if make else Block(kind=kind, text=text))
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
        text = _said(own.blocks)
        if text and not self.in_link:
            self.links[len(self.blocks)] = own.all_links()
            self.blocks.append(Block(kind="heading", level=level, text=text))

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
        elif self.unlinked and not self.plain and could_head_text(_tidy("".join(self.parts))):
            self.flush(lambda text: Block(kind="heading", level=3, text=text))
        else:
            self.parts.append("\n")

    def link(self, element: etree._Element) -> None:
        url, start = element.get("href", "").strip(), len(self.parts)
        if url.startswith("#") and len(_tidy("".join(element.itertext()))) <= _LONGEST_MARK:
            return
        outside, self.in_link = self.in_link, bool(url) and not url.startswith("#")
        blocks = len(self.blocks)
        self.inside(element)
        self.in_link = outside
        label = _tidy("".join(self.parts[start:] if blocks == len(self.blocks) else element.itertext()))
        if not url.startswith("tel:"):
            url = _joined(self.base, url)
        if label and (is_web_url(url) or url.startswith("tel:")):
            self.linked.append(Link(url, label))

    def items(self, element: etree._Element) -> None:
        """Lists inside of items become items of their own; a list of nothing but links is a menu."""
        self.flush()
        texts: list[str] = []
        pictures: list[Block] = []
        linked: list[Link] = []
        menu = True
        for item in items_of(element):
            own = self._apart(item)
            text, found = _said(own.blocks), own.all_links()
            texts += [numbered(item, text)] * bool(text)
            pictures += [block for block in own.blocks if block.kind == "image"]
            linked += found
            menu = menu and (not own.loose or speaks_of_page(text))
        if texts and not menu:
            self.links.setdefault(len(self.blocks), []).extend(linked)
            self.blocks.append(Block(kind="list", items=tuple(texts)))
            self.blocks += pictures

    def table(self, element: etree._Element) -> None:
        """A list, one item a row; one of nothing but links is a menu."""
        rows = rows_of(element)
        if rows is None:
            self._take_inside(element)
            return
        self.flush()
        cells = [[self._apart(cell) for cell in row] for row in rows]
        texts = [" – ".join(filter(None, (_said(cell.blocks) for cell in row))) for row in cells]
        if any(cell.loose for row in cells for cell in row):
            self.links.setdefault(len(self.blocks), []).extend(link for r in cells for c in r for link in c.all_links())
            self.blocks.append(Block(kind="list", items=tuple(filter(None, texts))))
            self.warnings[_TABLE_WARNING] = None

    def figure(self, element: etree._Element) -> None:
        self.flush()
        before = len(self.blocks)
        caption = _tidy(" ".join("".join(each.itertext()) for each in element.iter("figcaption")))
        for each in list(element.iter("figcaption")):
            each.drop_tree()
        self.inside(element)
        self.flush()
        pictures = [i for i in range(before, len(self.blocks)) if self.blocks[i].kind == "image"]
        if caption and pictures:
            last = self.blocks[pictures[-1]]
            self.blocks[pictures[-1]] = Block(kind="image", url=last.url, alt=last.alt, caption=caption)
        elif caption and len(self.blocks) > before:
            self.blocks.append(Block(kind="paragraph", text=caption))

    def picture(self, element: etree._Element) -> None:
        """After the words around it: a sentence is not torn apart."""
        found = (_joined(self.base, element.get(name, "").strip()) for name in _SOURCES if element.get(name))
        url = next((url for url in found if not url.startswith("data:")), "")
        if not url or url in self.shown:
            return
        self.shown.add(url)
        self.pictures.append(Block(kind="image", url=url, alt=_tidy(element.get("alt", ""))))
        if not any(part.strip() for part in self.parts):
            self.flush()

    def all_links(self) -> list[Link]:
        return [link for links in self.links.values() for link in links]

    def _apart(self, element: etree._Element) -> _Page:
        """What the element holds, read as a page of its own: every word of it counts."""
        own = _Page(self.base, shown=self.shown)
        own.inside(element)
        own.flush(lambda text: Block(kind="paragraph", text=text))
        self.warnings |= own.warnings
        return own

    def _words(self, text: str | None) -> None:
        if text:
            self.parts.append(text)
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
    "summary": _Page.heading,
    "table": _Page.table,
}


def _said(blocks: list[Block]) -> str:
    return " ".join(line for block in blocks for line in block.lines())


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _tidy(text: str) -> str:
    return " ".join(without_hidden(text).split())
