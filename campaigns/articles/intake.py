"""An article from wherever it is: a page of the web, a file in HTML, Markdown or plain text, standard input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from base.config import Config
from base.errors import Refused
from campaigns.articles.edits import Wish, set_by_hand
from campaigns.articles.encoding import check_size, is_web_page
from campaigns.articles.fetch import Limits, fetch
from campaigns.articles.page import read_page
from campaigns.articles.source import ReadArticle, bytes_of, read_given
from campaigns.articles.store import add_article, article_at, origin_of
from campaigns.models import Article
from campaigns.slugs import slug_from

_PAGES = frozenset({".html", ".htm", ".xhtml"})


@dataclass(frozen=True)
class Taken:
    read: ReadArticle
    address: str  # where it can be read again, or empty


def limits(config: Config) -> Limits:
    """What fetches keep to, as [sources] says."""
    return Limits(frozenset(config.sources.allow))


def take(source: str, stdin: BinaryIO, within: Limits, *, title: str | None = None, url: str | None = None) -> Taken:
    """`source` is an address, a path, or - for standard input. Of a page of the web, title and url are for `keep`:
    it will be read again. Raises Refused in one sentence."""
    if source.lower().startswith(("http://", "https://")):
        return Taken(from_web(source, within), source)
    data = bytes_of(source, stdin)
    if PurePath(source).suffix.lower() in _PAGES or is_web_page(data):
        name = "standard input" if source == "-" else PurePath(source).name
        check_size(data, name)
        return Taken(read_page(data, name=name, title=title, url=url), "")
    return Taken(read_given(data, source, title=title, url=url), "")


def keep(
    s: Session, taken: Taken, *, title: str | None = None, url: str | None = None, slug: str | None = None, actor: str
) -> Article:
    """Keep what was taken; a title or address that was given along is set by hand. Raises Refused when it is known."""
    known = article_at(s, taken.address)
    if known and not slug:
        raise Refused(f"This page is there already: read it again with: tipsheet article refresh {known.slug}")
    slug = slug or slug_from(title or taken.read.title)
    article = add_article(s, taken.read, slug=slug, actor=actor, address=taken.address)
    if taken.address and (title or url):
        set_by_hand(s, article, Wish(title=title or None, url=url or None), actor=actor)
    return article


def from_web(address: str, within: Limits) -> ReadArticle:
    found = fetch(address, "page", within)
    name = f"The page at {urlsplit(found.url).hostname}"
    return read_page(found.body, name=name, charset=found.charset, found_at=found.url)


def address_of(s: Session, article: Article) -> str:
    """Where to read the article again. Raises Refused for one that came from a file."""
    origin = origin_of(s, article)
    if origin is None or not origin.address:
        raise Refused(
            f"The article {article.slug} came from a file: add it anew from there, under another name (--slug)"
        )
    return origin.address
