"""An article from wherever it is: a page of the web, a file in HTML, Markdown or plain text, standard input."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from shlex import quote
from typing import BinaryIO
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from base.config import Config
from base.errors import NotFound, Refused
from campaigns.articles.edits import Wish, given_along, set_by_hand
from campaigns.articles.encoding import check_size, is_web_page
from campaigns.articles.fetch import Limits, fetch
from campaigns.articles.page import read_page
from campaigns.articles.source import ReadArticle, bytes_of, read_given
from campaigns.articles.store import add_article, article_at, get_article, origin_of, renew
from campaigns.articles.urls import leads_to_a_page, names_the_web
from campaigns.models import Article, Origin
from campaigns.slugs import slug_from

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.I)  # one letter alone names a drive
_PAGES = frozenset({".html", ".htm", ".xhtml"})


@dataclass(frozen=True)
class Taken:
    read: ReadArticle
    address: str  # where it can be read again: a page or a file; empty for standard input


@dataclass(frozen=True)
class Before:
    """Where an article was read, and what was given along: with it, it is to be read again."""

    slug: str
    address: str
    title: str | None
    url: str | None


def limits(config: Config) -> Limits:
    """What fetches keep to, as [sources] says."""
    return Limits(frozenset(config.sources.allow))


def take(source: str, stdin: BinaryIO, within: Limits, *, title: str | None = None, url: str | None = None) -> Taken:
    """`source` is an address, a path, or - for standard input. Of a page of the web, title and url are for `keep`
    alone. Raises Refused in one sentence."""
    if names_the_web(source) or _is_odd_address(source):
        return Taken(from_web(source, within), source)
    data = bytes_of(source, stdin)
    # As a whole path: whoever reads it again may stand in another folder.
    address = "" if source == "-" else str(Path(source).absolute())
    if PurePath(source).suffix.lower() in _PAGES or is_web_page(data):
        name = "standard input" if source == "-" else PurePath(source).name
        check_size(data, name)
        return Taken(read_page(data, name=name, title=title, url=url), address)
    return Taken(read_given(data, source, title=title, url=url), address)


def _is_odd_address(source: str) -> bool:
    """`file:///etc/passwd` and the like; a file may be called so. The guard says what is wrong with it."""
    return bool(_SCHEME.match(source)) and not os.path.exists(source)  # noqa: PTH110  Path raises for long ones


def keep(
    s: Session, taken: Taken, *, title: str | None = None, url: str | None = None, slug: str | None = None, actor: str
) -> Article:
    """Keep what was taken; a title or address that was given along is set by hand. Raises Refused when it is known."""
    _check_new(s, taken, url or taken.read.url)
    slug = slug or slug_from(title or taken.read.title)
    article = add_article(s, taken.read, slug=slug, actor=actor, address=taken.address)
    if title or url:
        set_by_hand(s, article, Wish(title=title or None, url=url or None), actor=actor)
    return article


def _check_new(s: Session, taken: Taken, url: str) -> None:
    """By its address, whatever its name is: a series would mail the same article twice."""
    if names_the_web(taken.address) and (known := article_at(s, taken.address)):
        raise Refused(f"This page is there already: {_read_again(s, known, taken)}")
    # Some sites call each page by the address of their front page.
    if leads_to_a_page(url) and (known := article_at(s, url)):
        raise Refused(
            f"The article {known.slug} has the address {url} already: {_read_again(s, known, taken)}; if this is "
            "another article, give its own address with --url"
        )


def _read_again(s: Session, known: Article, taken: Taken) -> str:
    origin = origin_of(s, known)
    is_same = origin and origin.address and origin.address == taken.address
    moved = "" if is_same else f" --from {quote(taken.address or '-')}"
    return f"read it again with: tipsheet article refresh {known.slug}{moved}"


def from_web(address: str, within: Limits) -> ReadArticle:
    found = fetch(address, "page", within)
    name = f"The page at {urlsplit(found.url).hostname}"
    return read_page(found.body, name=name, charset=found.charset, found_at=found.url)


def before(s: Session, slug: str) -> Before:
    """Raises NotFound."""
    article = get_article(s, slug)
    origin, given = origin_of(s, article), given_along(s, article)
    return Before(slug, origin.address if origin else "", given.get("title"), given.get("url"))


def take_again(was: Before, stdin: BinaryIO, within: Limits, *, moved_to: str | None) -> Taken:
    """From where it was read before, or from where it is now. Raises Refused in one sentence."""
    say_where = f"say where it is now with: tipsheet article refresh {was.slug} --from FILE"
    source = moved_to or was.address
    if not source:
        raise Refused(f"The article {was.slug} came from nowhere that can be read again: {say_where}")
    try:
        return take(source, stdin, within, title=was.title, url=was.url)
    except NotFound as cause:
        raise cause if moved_to else NotFound(f"{source} is not there any more: {say_where}") from cause


def keep_again(s: Session, slug: str, taken: Taken) -> tuple[Article, bool]:
    """Put what was taken in the place of what was read before; what a hand set stays. Whether it differs."""
    article = get_article(s, slug)
    changed = renew(s, article, taken.read)
    s.get_one(Origin, article.id).address = taken.address
    return article, changed
