"""The letters of a web page: its charset is said by its first bytes, its server, itself, or nobody."""

from __future__ import annotations

import codecs
import re

from base.errors import BadInput
from campaigns.articles.encoding import other_format

MOST_BYTES = 10_000_000

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAID_IN_PAGE = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_LOOKED_AT = 4096  # bytes
# What pages call Latin-1 or ASCII is what Windows made of it: browsers read it so, too.
_WINDOWS = frozenset({"iso8859-1", "ascii", "cp1252"})


def decoded_page(data: bytes, charset: str, name: str) -> str:
    """Raises BadInput for what is no text at all."""
    if len(data) > MOST_BYTES:
        raise BadInput(f"{name} is larger than {MOST_BYTES // 1_000_000} MB: give the article's page alone")
    if not data.strip():
        raise BadInput(f"{name} is empty: give a page with an article")
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(codec, "replace")
    if other_format(data) or b"\0" in data[:_LOOKED_AT]:
        raise BadInput(f"{name} is no web page: save the article as HTML, plain text or Markdown and add that")
    return _decoded(data, charset).replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, charset: str) -> str:
    in_page = _SAID_IN_PAGE.search(data[:_LOOKED_AT])
    for said in (charset, in_page[1].decode("ascii") if in_page else "", "utf-8"):
        codec = _codec(said)
        if codec:
            try:
                return data.decode(codec)
            except UnicodeDecodeError:
                continue
    return data.decode("cp1252", "replace")


def _codec(said: str) -> str:
    """A codec of text by that name; "" where there is none."""
    try:
        found = codecs.lookup(said) if said else None
    except (LookupError, ValueError):
        return ""
    if found is None or not found._is_text_encoding:
        return ""
    return "cp1252" if found.name in _WINDOWS else "utf-8" if found.name.startswith("utf-16") else found.name
