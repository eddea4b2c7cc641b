"""Bytes from anywhere into text that is safe to keep: decoded, with one kind of line end, nothing invisible."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from base.errors import BadInput

MOST_BYTES = 5_000_000
MOST_LINES = 50_000

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Control characters, marks that turn the direction of writing, and what is there but cannot be seen: soft hyphens,
# zero-width spaces, tag characters. The joiners U+200C and U+200D stay: Persian and emoji are written with them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x7f]")
_OTHER_FORMATS = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rtf",
    b"\x1f\x8b",
)
_BINARY_SHARE = 0.01  # more control characters than this is no text that somebody wrote
_WEB_PAGE = re.compile(r"\s*(?:<!doctype\s+html|<html[\s>])", re.I)
_HIDDEN_WARNING = (
    "Characters that cannot be seen (control or direction marks) were taken out: check the words around them."
)


def read_text(data: bytes, name: str) -> tuple[str, list[str]]:
    """The text and warnings. Raises BadInput for what no person wrote as an article."""
    check_size(data, name)
    text = _decoded(data, name)
    _check_text(text, name)
    text = _LINE_ENDS.sub("\n", text)
    cleaned = without_hidden(text)
    warnings = [_HIDDEN_WARNING] if cleaned != text else []
    if "\ufffd" in cleaned:
        warnings.append("The text has � where a character was lost before it came here: put the right ones back.")
    if not cleaned.strip():
        raise BadInput(f"{name} has no text in it: give a file with the article's words")
    return cleaned, warnings


def without_hidden(text: str) -> str:
    return _HIDDEN.sub("", text)


def is_web_page(data: bytes) -> bool:
    return _WEB_PAGE.match(data[:1000].decode("utf-8", "replace").lstrip("\ufeff")) is not None


def other_format(data: bytes) -> bool:
    """Whether it begins like a picture, a PDF, a packed file."""
    return data.startswith(_OTHER_FORMATS)


def check_size(data: bytes, name: str) -> None:
    if len(data) > MOST_BYTES:
        raise BadInput(f"{name} is larger than {MOST_BYTES // 1_000_000} MB: give the article's text alone")
    if not data.strip():
        raise BadInput(f"{name} is empty: give a file with the article's words")


def _decoded(data: bytes, name: str) -> str:
    if other_format(data):
        raise _binary(name)
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if b"\0" in data:
            raise _binary(name) from error
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{name} is not UTF-8 text (line {line}): save it as UTF-8 and add it again") from error


def _check_text(text: str, name: str) -> None:
    if "\0" in text or len(_CONTROL.findall(text)) > _BINARY_SHARE * len(text):
        raise _binary(name)
    if _WEB_PAGE.match(text[:1000]):
        raise BadInput(f"{name} is a web page: save the article's text without the HTML and add that")
    if text.count("\n") + text.count("\r") > MOST_LINES:
        raise BadInput(f"{name} has more than {MOST_LINES:,} lines: give the article's text alone")


def _binary(name: str) -> BadInput:
    return BadInput(f"{name} is not text: save the article as plain text or Markdown and add that")
