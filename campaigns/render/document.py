"""HTML into a tree, by the one parser that inlining and the checks before it share."""

from __future__ import annotations

from typing import Any

from lxml import etree

from base.errors import BadInput


def parse(html: str) -> Any:
    """The tree of a document, whole; raises BadInput where nothing or not all of it can be read."""
    parser = etree.HTMLParser(huge_tree=True)
    root = etree.fromstring(html, parser) if html.strip() else None
    if root is None:
        raise BadInput("The HTML is empty; give a document with <html> and <body>")
    if any("depth" in str(entry.message).lower() for entry in parser.error_log):
        raise BadInput("The HTML is nested too deeply to be read whole; use fewer elements within each other")
    return root.getroottree()
