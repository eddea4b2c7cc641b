"""Code keeps its lines, wherever it stands."""

from __future__ import annotations

import pytest
from lxml import html

from campaigns.articles.blocks import Block
from campaigns.articles.code import code, code_in
from campaigns.articles.source import read_bytes
from tests.campaigns.articles.test_links import from_page


def test_lines_stay_as_they_stand_to_each_other() -> None:
    assert code("\n\n    if sore:\r\n\twalk()\u200b  \n\n      rest()\n\n") == "if sore:\nwalk()\n\n  rest()"


@pytest.mark.parametrize(
    "inside",
    [
        "<code>walk()\nrest()</code>",
        "<code>walk()<br>rest()</code>",
        "<span class=line>walk<b>()</b></span>\n<span class=line>rest()</span>",
        "<div>walk()</div><div>rest()</div>",
        "<div>walk()</div>\n<div>rest()</div>",
        "<span class=lineno>1</span>walk()\n<span class=lineno>2</span>rest()",
    ],
)
def test_highlighters_part_lines_in_many_ways(inside: str) -> None:
    assert code_in(html.fromstring(f"<pre>{inside}</pre>")) == "walk()\nrest()"


def test_line_numbers_alone_are_no_code() -> None:
    table = "<table><tr><td><pre>1\n2</pre></td><td><pre>walk()\nrest()</pre></td></tr></table>"
    assert from_page(table).blocks[1:-1] == (Block("code", "walk()\nrest()"),)


def test_code_parts_the_list_that_it_stands_in() -> None:
    listed = (
        Block("list", items=("1. Type this",)),
        Block("code", "walk()\nrest()"),
        Block("paragraph", "and wait."),
        Block("list", items=("2. Look",)),
    )
    page = "<ol><li>Type this<pre>walk()\nrest()</pre>and wait.</li><li>Look</li></ol>"
    assert from_page(page).blocks[1:-1] == listed
    text = b"1. Type this\n\n   ```sh\n   walk()\n   rest()\n   ```\n\n   and wait.\n\n2. Look\n"
    assert read_bytes(text, name="a.md", markdown=True, title="Given").blocks == listed


def test_markup_in_code_is_code() -> None:
    said = "<script>{{ links.unsubscribe }}</script>"
    (block,) = read_bytes(f"~~~\n{said}\n~~~\n".encode(), name="a.md", markdown=True, title="Given").blocks
    assert block == Block("code", said)
