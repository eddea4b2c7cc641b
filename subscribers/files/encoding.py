"""Which characters a file's bytes mean. What cannot be told for certain is refused, with the option to give."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from base.errors import BadInput
from subscribers.files.opening import open_bytes

_BLOCK = 1 << 20
_WESTERN = "cp1252"
# What speaks against cp1252: bytes that mean nothing in it, three accented letters in a row (Cyrillic, Greek, Hebrew
# and such are written like that), and signs in the middle of a word (where other tables have their letters).
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_FOREIGN = re.compile(rb"[\xc0-\xff]{3}")
_INSIDE = rb"\x80-\x91\x93-\x95\x98\x99\x9b\x9f\xa1-\xa9\xab\xac\xae-\xb3\xb6\xb8\xb9\xbb-\xbf\xd7\xf7"
_ENDS = rb"\x9f\xa3\xa5\xaf\xb3\xb6\xb9\xbc\xbe\xbf"  # of a word, too
_ODD = re.compile(rb"[A-Za-z](?:[" + _INSIDE + rb"][a-z]|[a-z][" + _ENDS + rb"])")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SPOKEN = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    _WESTERN: "Windows-1252 (Western European)",
}


@dataclass(frozen=True)
class Decoded:
    """A file whose every byte was read as text once."""

    encoding: str
    spoken: str  # for people
    lines: int


def read_through(path: Path, given: str | None = None) -> Decoded:
    """From end to end, in the encoding that was given or found. Raises BadInput."""
    encoding = _known(given) if given else _marked(path)
    if encoding:
        lines = _lines(path, encoding)
    else:
        encoding = "utf-8"
        try:
            lines = _lines(path, encoding)
        except _NotThis as cause:
            if cause.had_some:
                raise BadInput(f"{cause.sentence}; mend that place, or say how it is meant with --encoding") from cause
            encoding = _western(path)
            lines = _lines(path, encoding)
    return Decoded(encoding, _SPOKEN.get(encoding, encoding), lines)


class _NotThis(BadInput):
    had_some = False  # letters beyond ASCII were read before: it is this encoding, and broken


def _known(name: str) -> str:
    try:
        "".encode(name)  # refuses what is no encoding of text
        plain = codecs.lookup(name).name
    except (LookupError, ValueError) as cause:
        raise BadInput(f"{name[:40]!r} is no encoding; use one such as utf-8, utf-16, cp1252 or cp1250") from cause
    return "utf-8-sig" if plain == "utf-8" else plain


def _marked(path: Path) -> str:
    """By the mark at its beginning, or by how zero bytes stand."""
    with open_bytes(path) as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise BadInput(f"{path.name} is UTF-32 text; save it as 'CSV UTF-8' and import that")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head.count(0) * 20 <= len(head):
        return ""  # a stray one is cleaned away
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < 3 * len(head) // 8 or min(even, odd) > len(head) // 20:
        raise BadInput(f"{path.name} is no text; save it as 'CSV UTF-8' and import that")
    return "utf-16-le" if odd > even else "utf-16-be"


def _lines(path: Path, encoding: str) -> int:
    decoder, lines, at, had_some = codecs.getincrementaldecoder(encoding)(), 0, 0, False
    try:
        for block in _blocks(path):
            text = decoder.decode(block)
            lines += text.count("\n") or text.count("\r")
            had_some = had_some or not text.isascii()
            at += len(block)
        decoder.decode(b"", final=True)
    except UnicodeError as cause:
        start = at + getattr(cause, "start", 0)
        wrong = _NotThis(f"{path.name} is not {_SPOKEN.get(encoding, encoding)} text near byte {start:,}")
        wrong.had_some = had_some or not _ascii_before(cause)
        raise wrong from cause
    return lines


def _ascii_before(cause: UnicodeError) -> bool:
    return not isinstance(cause, UnicodeDecodeError) or cause.object[: cause.start].isascii()


def _western(path: Path) -> str:
    before = b""
    for block in _blocks(path):
        data = before + block
        if _UNDEFINED.search(data) or _FOREIGN.search(data) or _ODD.search(data):
            raise BadInput(
                f"{path.name} is not UTF-8 text, and nothing says what else; save it as 'CSV UTF-8', "
                f"or name its encoding, such as --encoding cp1250"
            )
        before = data[-3:]
    return _WESTERN


def _blocks(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as file:
        while block := file.read(_BLOCK):
            yield block
