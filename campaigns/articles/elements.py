"""The elements of an article, sanitised, into blocks. Which elements are the article's: page.py."""

# ruff: noqa: SIM905 - a long list of words is read more easily as one text

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree

from campaigns.articles.blocks import Block, Kind, Link, Text, words
from campaigns.articles.encoding import without_hidden
from campaigns.articles.furniture import is_notice
from campaigns.articles.sentences import ends_as_sentence
from campaigns.articles.urls import is_web_url

_TABLE_WARNING = "A table was turned into a list, one item a row: check that it still reads well."
_BLOCKS = frozenset(
    "address article blockquote center dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr"
    " li main menu ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_PLACED = frozenset({"blockquote", "figure", "h1", "h2", "h3", "h4", "ol", "table", "ul"})
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
    loose: int = 0  # the same of all parts
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
        self.parts, self.linked, self.unlinked = [], [], 0
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
            self.flush()
            self.inside(element)
            self.flush()
        else:
            self.inside(element)

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
        """Two in a row part paragraphs; one only wraps a line."""
        after = element.getnext()
        if after is not None and after.tag == "br" and not (element.tail or "").strip():
            self.flush()
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
        for item in _items(element):
            own = self._apart(item)
            text, found = _said(own.blocks), own.all_links()
            texts += [_numbered(item, text)] * bool(text)
            pictures += [block for block in own.blocks if block.kind == "image"]
            linked += found
            menu = menu and not own.loose
        if texts and not menu:
            self.links.setdefault(len(self.blocks), []).extend(linked)
            self.blocks.append(Block(kind="list", items=tuple(texts)))
            self.blocks += pictures

    def table(self, element: etree._Element) -> None:
        self.flush()
        rows = [row for row in element.iter("tr") if _table_of(row) is element]
        if _is_layout(element, rows):
            for row in rows:
                for cell in row:
                    self.inside(cell)
                    self.flush()
            return
        texts = [" – ".join(filter(None, (_tidy("".join(cell.itertext())) for cell in row))) for row in rows]
        if any(texts):
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


def _items(element: etree._Element) -> Iterator[etree._Element]:
    """Its items and those of the lists inside, each without the lists inside of it."""
    for child in list(element):
        if child.tag in ("ul", "ol", "dl", "menu"):
            yield from _items(child)
        elif isinstance(child.tag, str) and child.tag != "dd" and child.getparent() is element:
            inner = [each for each in child.iter("ul", "ol") if _item_of(each) is child]
            for each in inner:
                each.drop_tree()
            described = child.getnext() if child.tag == "dt" else None
            yield _described(child, described) if described is not None and described.tag == "dd" else child
            for each in inner:
                yield from _items(each)


def _described(term: etree._Element, description: etree._Element) -> etree._Element:
    """A term and what it means, as one item."""
    joined = etree.Element("li")
    mark = etree.SubElement(joined, "span")
    mark.text = " – "
    joined.insert(0, term)
    joined.append(description)
    for each in (term, description):
        each.tag, each.tail = "span", None
    return joined


def _said(blocks: list[Block]) -> str:
    return " ".join(line for block in blocks for line in block.lines())


def _item_of(element: etree._Element) -> etree._Element | None:
    return next((above for above in element.iterancestors() if above.tag in ("li", "dt", "dd")), None)


def _numbered(item: etree._Element, text: str) -> str:
    above = item.getparent()
    if item.tag != "li" or above is None or above.tag != "ol" or above.get("reversed") is not None:
        return text
    start = above.get("start", "1")
    place = [each for each in above if each.tag == "li"].index(item)
    return f"{(int(start) if start.isdecimal() else 1) + place}. {text}"


def _table_of(row: etree._Element) -> etree._Element | None:
    return next((above for above in row.iterancestors("table")), None)


def _is_layout(table: etree._Element, rows: list[etree._Element]) -> bool:
    """Tables that only place things: one column, or cells with headings, lists or several paragraphs in them."""
    cells = [cell for row in rows for cell in row]
    return max((len(row) for row in rows), default=0) < 2 or any(
        len(cell.findall(".//p")) > 1 or any(each.tag in _PLACED for each in cell.iter()) for cell in cells
    )


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def _tidy(text: str) -> str:
    return " ".join(without_hidden(text).split())
