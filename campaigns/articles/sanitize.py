"""HTML from anywhere into a tree that holds nothing but structure, words, links and pictures."""

# ruff: noqa: SIM905 - a long list of words is read more easily as one text

from __future__ import annotations

import re

import nh3
from lxml import etree
from lxml import html as lxml_html

from base.errors import BadInput

MOST_ELEMENTS = 60_000
_DEEPEST = 1000  # elements inside of each other: parsers take minutes over many more
_OPENING = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.I)
# These need no end: many in a row stand beside, not inside of each other.
_OPEN_ENDED = frozenset(
    "area base br col dd dt embed hr img input li link meta option p param source tbody td tfoot th thead tr track"
    " wbr".split()
)

# Each is read in elements.py or judged in furniture.py; what is not here keeps its words and loses its tag.
_TAGS = frozenset(
    "a abbr address amp-img article b blockquote br caption center cite code dd details div dl dt em figcaption figure"
    " footer form h1 h2 h3 h4 h5 h6 header hr i img label li main menu noscript ol p picture pre q s section small"
    " source span strong sub summary sup table tbody td tfoot th thead time tr u ul".split()
)
# These go with all that is in them.
_SILENT = frozenset(
    "amp-ad amp-analytics amp-consent amp-sidebar amp-social-share applet aside audio button canvas datalist dialog"
    " embed iframe input math nav noembed noframes object script select style svg template textarea title video".split()
)
_ATTRIBUTES = {
    "*": {"class", "id", "role", "hidden", "aria-hidden", "style", "itemprop"},
    "a": {"href"},
    **{tag: {"src", "alt", "data-src", "data-original", "data-lazy-src", "srcset"} for tag in ("img", "amp-img")},
    "ol": {"start", "reversed"},
    "li": {"value"},
}


def sanitized(html: str, name: str) -> etree._Element:
    """The body. Raises BadInput for what no person could have meant to be read."""
    _check_size(html, name)
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_SILENT),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
        strip_comments=True,
    )
    # The marks that XML cannot hold are none that anybody could read.
    clean = "".join(c for c in clean if c >= " " or c in "\t\n")
    document = lxml_html.document_fromstring(f"<!DOCTYPE html><html><body><div>{clean}</div></body></html>")
    return document.find("body")


def _check_size(html: str, name: str) -> None:
    depth = count = 0
    for end, tag in _OPENING.findall(html):
        if tag.lower() not in _OPEN_ENDED:
            depth += -1 if end else 1
        count += not end
        if depth > _DEEPEST:
            raise BadInput(f"{name} is nested too deeply to be read: save its text as a file and add that")
        if count > MOST_ELEMENTS:
            raise BadInput(f"{name} has more than {MOST_ELEMENTS:,} parts: give the article's page alone")
