"""The items of lists, and the rows of tables that say something, as elements. What is made of them: elements.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from lxml import etree

from campaigns.articles.blocks import Block, Kind, block_of
from campaigns.articles.runs import Run, joined

_LISTS = ("ul", "ol", "dl", "menu")
_PLACED = frozenset({"blockquote", "figure", "h1", "h2", "h3", "h4", "ol", "pre", "table", "ul"})


def items_of(element: etree._Element) -> Iterator[etree._Element]:
    """Its items and those of the lists inside, each without the lists inside of it."""
    for child in list(element):
        if child.tag in _LISTS:
            yield from items_of(child)
        elif isinstance(child.tag, str) and child.tag != "dd" and child.getparent() is element:
            inner = [each for each in child.iter("ul", "ol") if _item_of(each) is child]
            for each in inner:
                each.drop_tree()
            described = child.getnext() if child.tag == "dt" else None
            yield _described(child, described) if described is not None and described.tag == "dd" else child
            for each in inner:
                yield from items_of(each)


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


def _item_of(element: etree._Element) -> etree._Element | None:
    return next((above for above in element.iterancestors() if above.tag in ("li", "dt", "dd")), None)


def number_of_item(item: etree._Element) -> str:
    above = item.getparent()
    if item.tag != "li" or above is None or above.tag != "ol" or above.get("reversed") is not None:
        return ""
    start = above.get("start", "1")
    place = [each for each in above if each.tag == "li"].index(item)
    return f"{(int(start) if start.isdecimal() else 1) + place}. "


def parted(blocks: Iterable[Block], number: str = "") -> Iterator[Block]:
    """What an item holds: its words as a list of one, and its code apart, which needs lines of its own."""
    made: Kind = "list"
    for is_code, group in groupby(blocks, lambda block: block.kind == "code"):
        if is_code:
            yield from group
        elif line := joined((line for block in group for line in block.runs()), " "):
            yield block_of(made, joined([(Run(number),), line], " ") if number else line)
            made, number = "paragraph", ""


def together(blocks: Iterable[Block]) -> Iterator[Block]:
    """Lists that stand beside each other as one."""
    for kind, group in groupby(blocks, lambda block: block.kind):
        if kind == "list":
            yield block_of("list", *(line for block in group for line in block.runs()))
        else:
            yield from group


def rows_of(table: etree._Element) -> list[etree._Element] | None:
    """None for a table that only places things: one column, or cells with headings, lists, code, several paragraphs."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    cells = [cell for row in rows for cell in row]
    places = max((len(row) for row in rows), default=0) < 2 or any(
        len(cell.findall(".//p")) > 1 or any(each.tag in _PLACED for each in cell.iter()) for cell in cells
    )
    return None if places else rows
