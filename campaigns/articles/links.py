"""Which links of an article a mail may show. What they look like there: the templates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urljoin

from campaigns.articles.blocks import Block
from campaigns.articles.runs import Run, tidied
from campaigns.articles.urls import is_web_url

_ADDRESS = re.compile(r"mailto:([\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+)(?:\?.*)?", re.I | re.A)
_NUMBER = re.compile(r"tel:\+?[0-9().-]{3,30}")
_LOST = "The link to {!r}{} lost its address, only its words stayed: give whole addresses, with https://{}."
_OWN = ", or the article's own with --url"
_WHOLE = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)


def usable_links(blocks: Sequence[Block], base: str = "") -> tuple[tuple[Block, ...], list[str]]:
    """`base` is the article's own address, for links that are given without one; and a warning if any was lost."""
    lost: dict[str, None] = {}
    kept = tuple(_usable(block, base, lost) if block.linked else block for block in blocks)
    first = next(iter(lost), "")
    others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    cure = _OWN if not (base or _WHOLE.match(first)) else ""
    return kept, [_LOST.format(first[:80], others, cure)] if lost else []


def target(href: str, base: str = "") -> str:
    """Where a link of a mail leads to; empty for what no mail should lead to. Of mailto: only the address stays,
    as what else it can hold would write a reader's mail for them."""
    try:
        url = urljoin(base, href.strip().replace(" ", "%20"))
    except ValueError:
        return ""
    url = f"https:{url}" if url.startswith("//") else url
    address = _ADDRESS.fullmatch(url)
    if address:
        return f"mailto:{address[1]}"
    number = url.lower().replace("%20", "-")
    return number if _NUMBER.fullmatch(number) else url if is_web_url(url) else ""


def _usable(block: Block, base: str, lost: dict[str, None]) -> Block:
    lines = tuple(tidied(_kept(run, base, lost) for run in line) for line in block.linked)
    return replace(block, linked=lines if any(run.href for line in lines for run in line) else ())


def _kept(run: Run, base: str, lost: dict[str, None]) -> Run:
    if not run.href or run.href.startswith("#"):  # a jump within the page leads nowhere in a mail
        return Run(run.text)
    url = target(run.href, base)
    if not url:
        lost[run.href] = None
    return Run(run.text, url)
