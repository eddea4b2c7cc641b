"""Links and code of an article in every template and both parts: what can be shown is, and nothing gets out of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lxml import html as parser

from campaigns.articles.blocks import Block, block_of
from campaigns.articles.runs import Run
from campaigns.render import LINKS as SLOTS
from tests.support.mail import TEMPLATES, compiled, mail, naive
from tests.support.sample import ARTICLE, sample_names

URL = "https://example.com/a?b=1&c=%7B%7Bd%7D%7D#e"
LINE = (Run("Read "), Run("our notes", URL), Run(" first."))
EVIL = '"><img src=x onerror=alert(1)>{{ links.unsubscribe }}{% raw %}${x}</a><!-- \N{BULLET}'


def names(*blocks: Block, **changes: Any) -> dict[str, Any]:
    return sample_names(article=replace(ARTICLE, blocks=blocks, **changes), offer=None)


def tree(html: str) -> Any:
    return parser.document_fromstring(html)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_link_of_the_lead_is_one_in_every_mail(template: str) -> None:
    html, text = mail(names(block_of("paragraph", LINE), lead=("Read our notes first.",)), template=template)
    (link,) = tree(html).xpath(f"//a[@href='{URL}']")
    assert (link.text, link.tail) == ("our notes", " first.")
    assert "text-decoration:underline" in link.get("style")
    assert f"Read our notes <{URL}> first." in " ".join(text.split())


def test_links_stand_in_every_kind_of_block() -> None:
    blocks = (
        block_of("heading", LINE, level=2),
        block_of("paragraph", LINE),
        block_of("list", LINE),
        block_of("quote", LINE),
        block_of("image", LINE, url="https://example.com/i.png", alt="A"),
    )
    html, text = mail(names(*blocks), template="announcement")
    assert [link.getparent().tag for link in tree(html).xpath(f"//a[@href='{URL}']")] == [
        *("h2", "p", "li", "blockquote", "p")
    ]
    assert text.count(f"<{URL}>") == 5
    assert f"READ OUR NOTES <{URL}> FIRST." in " ".join(text.split())


def test_code_keeps_its_lines_and_its_indents() -> None:
    html, text = mail(names(Block("code", "if sore:\n    walk(<1>)\n\nrest()")), template="announcement")
    (shown,) = tree(html).xpath("//pre")
    assert "\n" not in shown.text_content()
    for line in shown.xpath(".//br"):
        line.tail = "\n" + (line.tail or "")
    assert shown.text_content().replace("\xa0", " ") == "if sore:\n    walk(<1>)\n\nrest()"
    assert {"white-space:pre-wrap", "overflow-wrap:anywhere", "margin:0"} <= set(shown.get("style").split("; "))
    assert "    if sore:\n        walk(<1>)\n\n    rest()\n" in text


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_gets_out_of_a_link_or_of_code(template: str) -> None:
    evil = block_of("paragraph", (Run(EVIL, URL), Run(EVIL)))
    said = names(
        evil, Block("code", EVIL), block_of("list", (Run(EVIL, "https://e.example/" + EVIL),)), lead=(evil.text,)
    )
    html, text = mail(said, template=template)
    assert not tree(html).xpath("//img[@src='x'] | //@onerror | //a/a")
    assert EVIL in tree(html).body.text_content()
    assert EVIL in " ".join(text.split())
    slots = [slot.source for slot in compiled(said, template).message.slots]
    assert slots == [slot.source for slot in compiled(names(), template).message.slots]
    assert {f"links.{name}" for name in SLOTS} <= set(slots)
    assert mail(said, template=template)[1] == naive(said, template=template)[1]
