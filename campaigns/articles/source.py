"""An article from a file or standard input, read whole: title, blocks, offers, phone, warnings. Stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from base.errors import BadInput, NotFound
from campaigns.articles.blocks import Block, Text, words_of
from campaigns.articles.encoding import MOST_BYTES, read_text, without_hidden
from campaigns.articles.front import Front, begins_with_front, split_front
from campaigns.articles.links import usable_links
from campaigns.articles.markup import read_markup
from campaigns.articles.offers_found import FoundOffer, find_offers, first_phone
from campaigns.articles.plain import read_plain
from campaigns.articles.titles import propose_title
from campaigns.articles.urls import is_picture_url, is_web_url

__all__ = ["FoundOffer", "ReadArticle", "bytes_of", "read_article", "read_bytes", "read_given"]

_MARKDOWN = frozenset({".md", ".markdown"})
_LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class ReadArticle:
    title: str
    url: str
    blocks: tuple[Block, ...]
    offers: tuple[FoundOffer, ...]
    phone: str  # the article's own: the first that it asks to call
    warnings: tuple[str, ...]
    image_url: str = ""
    image_alt: str = ""
    author: str = ""  # only pages and feeds say
    published: str = ""  # the day, as 2026-12-01; likewise


def read_article(source: str, stdin: BinaryIO, *, title: str | None = None, url: str | None = None) -> ReadArticle:
    """`source` is a path, or "-" for standard input. Raises BadInput or NotFound in one sentence."""
    return read_given(bytes_of(source, stdin), source, title=title, url=url)


def bytes_of(source: str, stdin: BinaryIO) -> bytes:
    """What is there, as it is. Raises BadInput or NotFound."""
    return stdin.read(MOST_BYTES + 1) if source == "-" else _file_bytes(Path(source), source)


def read_given(data: bytes, source: str, *, title: str | None = None, url: str | None = None) -> ReadArticle:
    """Plain text or Markdown that `bytes_of` gave."""
    if source == "-":
        start = data[:1000].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        return read_bytes(data, name="standard input", markdown=begins_with_front(start), title=title, url=url)
    path = Path(source)
    return read_bytes(data, name=path.name, markdown=path.suffix.lower() in _MARKDOWN, title=title, url=url)


def read_bytes(
    data: bytes, *, name: str, markdown: bool, title: str | None = None, url: str | None = None
) -> ReadArticle:
    """`name` is what errors call the source."""
    text, warnings = read_text(data, name)
    front, body, front_warnings = split_front(text, name) if markdown else (Front(), text, [])
    given = _one_line(title or front.title)
    found = read_markup(body, name, title=given) if markdown else read_plain(body, title=given)
    if not words_of(found.blocks):
        raise BadInput(f"{name} has no words below its title: give a file with the article's text")
    phone = first_phone("\n".join(line for b in found.blocks for line in b.lines()), chain(*found.links.values()))
    picture, alt, picture_warnings = _picture(front, found.blocks)
    address = _web_address(url or front.url, name)
    blocks, lost = usable_links(found.blocks, address)
    return ReadArticle(
        title=_short_enough(given or found.title or propose_title(found.blocks), name),
        url=address,
        blocks=blocks,
        offers=find_offers(found.blocks, found.links, phone),
        phone=phone,
        warnings=(*warnings, *front_warnings, *found.warnings, *lost, *picture_warnings, *_untitled(given, found)),
        image_url=picture,
        image_alt=alt,
    )


def _file_bytes(path: Path, source: str) -> bytes:
    """One byte more than is allowed at most, so that a huge file is refused without being read."""
    if source.startswith(("http://", "https://")):
        raise BadInput(f"{source} is a web address: save the article as a file and add that")
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {source}: check the path, or give - to read standard input") from error
    except IsADirectoryError as error:
        raise BadInput(f"{source} is a folder: give one file of it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"{source} cannot be read ({reason}): make it readable for this user") from error


def _untitled(given: str, found: Text) -> list[str]:
    if given or found.title:
        return []
    return [f"The article has no title, so “{propose_title(found.blocks)}” is proposed: set a better one with --title."]


def _picture(front: Front, blocks: Sequence[Block]) -> tuple[str, str, list[str]]:
    """The article's own picture: the front matter's, else the first in the text."""
    url, alt = front.image.strip(), _one_line(front.image_alt)
    if not url:
        first = next((b for b in blocks if b.kind == "image"), Block(kind="image"))
        return first.url, alt or first.alt, []
    if not is_picture_url(url):
        return "", "", [f"The picture {url[:80]!r} was left out: give its whole address, with https://."]
    return url, alt, [] if alt else [f"The picture {url[:80]!r} has no image_alt: write what it shows."]


def _short_enough(title: str, name: str) -> str:
    if len(title) > _LONGEST_TITLE:
        raise BadInput(f"{name}: the title has more than {_LONGEST_TITLE} characters: set a shorter one with --title")
    return title


def _web_address(url: str, name: str) -> str:
    url = url.strip()
    if url and not is_web_url(url):
        raise BadInput(f"{name}: {url[:80]!r} is no web address: give the whole of it, beginning with https://")
    return url


def _one_line(text: str) -> str:
    return " ".join(without_hidden(text).split())
