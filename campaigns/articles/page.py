"""A web page into an article: title, author, day, picture and blocks, without what stands around them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain
from urllib.parse import urljoin, urlsplit

from lxml import etree

from base.errors import BadInput
from campaigns.articles.blocks import Block, Link, Text, words
from campaigns.articles.bylines import as_written, byline
from campaigns.articles.charsets import decoded_page
from campaigns.articles.elements import read_elements
from campaigns.articles.encoding import without_hidden
from campaigns.articles.furniture import without_furniture
from campaigns.articles.links import usable_links
from campaigns.articles.offers_found import find_offers, first_phone
from campaigns.articles.placing import after_title, article_element, quieten, says_enough, trimmed
from campaigns.articles.sanitize import sanitized
from campaigns.articles.source import ReadArticle
from campaigns.articles.titles import propose_title
from campaigns.articles.urls import is_picture_url, is_web_url

_LONGEST_TITLE = 300
_LONGEST_AUTHOR = 200
_BASE = re.compile(r"<base\s[^>]*?href\s*=\s*[\"']?([^\"'\s>]+)", re.I)
_META = re.compile(r"<meta\s[^>]*>", re.I)
_ALT = re.compile(r"(?:property|name)\s*=\s*[\"']?(?:og|twitter):image:alt\b", re.I)
_CONTENT = re.compile(r"content\s*=\s*(\"[^\"]*\"|'[^']*')", re.I)
_NO_HTTPS = "The picture {!r} was left out: mails need its whole address, with https://."
_NO_ALT = "The picture {!r} has no alt text: write what it shows."


@dataclass(frozen=True, slots=True)
class _About:
    """What a page says of itself."""

    title: str
    author: str
    published: str
    image: str
    image_alt: str
    url: str


def read_page(
    data: bytes, *, name: str, charset: str = "", found_at: str = "", title: str | None = None, url: str | None = None
) -> ReadArticle:
    """`charset` and `found_at` are what the server said, where there was one. Raises BadInput in one sentence."""
    html = decoded_page(data, charset, name)
    body = sanitized(html, name)
    about = _about(html, found_at)
    writer, day = byline(body)
    headline = _headline(body, about.title)
    without_furniture(body)
    text = _article(body, headline, _base(html, url or found_at or about.url), name)
    given = _one_line(title or "") or headline
    article = make_article(text, title=given, name=name, about=(about.author or writer, about.published or day))
    own = (url or "").strip() or _address(about.url, found_at)
    return _with_picture(replace(article, url=_checked(own, name)), about)


def make_article(text: Text, *, title: str, name: str, about: tuple[str, str] = ("", "")) -> ReadArticle:
    """What was read from a page or a feed, with what is found in it; `about` is author and day."""
    text = _usable_pictures(text)
    blocks, lost = usable_links(text.blocks)
    title = title or propose_title(text.blocks)
    if len(title) > _LONGEST_TITLE:
        raise BadInput(f"{name}: the title has more than {_LONGEST_TITLE} characters: set a shorter one with --title")
    phone = first_phone("\n".join(line for b in text.blocks for line in b.lines()), chain(*text.links.values()))
    picture = next((block for block in text.blocks if block.kind == "image"), Block(kind="image"))
    return ReadArticle(
        title=title,
        url="",
        blocks=blocks,
        offers=find_offers(text.blocks, text.links, phone),
        phone=phone,
        warnings=(*text.warnings, *lost),
        image_url=picture.url,
        image_alt=picture.alt,
        author=about[0],
        published=about[1],
    )


def _article(body: etree._Element, title: str, base: str, name: str) -> Text:
    try:
        element, told = article_element(body, title, name)
        text = after_title(trimmed(after_title(read_elements(element, base), title), told), title)
    except RecursionError as cause:
        raise BadInput(f"{name} is nested too deeply to be read: save its text as a file and add that") from cause
    if not says_enough(text.blocks):
        raise BadInput(f"{name} shows no article: give the address of one, or save its text as a file and add that")
    return text


def _about(html: str, found_at: str) -> _About:
    # Imported where it is used, as in placing.py.
    from trafilatura.metadata import extract_metadata

    quieten()
    # A year in a footer is no date, and no page may move with the machine's clock.
    days = {"original_date": True, "extensive_search": False, "max_date": "2999-12-31"}
    try:
        said = extract_metadata(html, default_url=found_at or None, date_config=days)
    except (ValueError, TypeError, AttributeError, LookupError, etree.LxmlError):
        return _About("", "", "", "", "", "")  # an odd page may still be read without it
    author = _one_line(as_written(said.author, html) if said.author else "").replace("; ", ", ")[:_LONGEST_AUTHOR]
    image = urljoin(found_at, said.image) if said.image else ""
    return _About(_one_line(said.title or ""), author, said.date or "", image, _picture_alt(html), said.url or "")


def _headline(body: etree._Element, title: str) -> str:
    """The page's one great heading, where its title is that and the site's name; else the title."""
    great = [_one_line(" ".join(each.itertext())) for each in body.iter("h1")]
    own, said = words(great[0].casefold()) if great else [], words(title.casefold())
    if great and own and (not said or said[: len(own)] == own or said[-len(own) :] == own):
        return great[0]
    return title


def _picture_alt(html: str) -> str:
    for meta in _META.findall(html):
        said = _CONTENT.search(meta) if _ALT.search(meta) else None
        if said:
            return _one_line(said[1][1:-1])
    return ""


def _with_picture(article: ReadArticle, about: _About) -> ReadArticle:
    """The picture that the page shows of itself, else the first in the text."""
    if not about.image:
        return article
    if not is_picture_url(about.image):
        return replace(article, warnings=(*article.warnings, _NO_HTTPS.format(about.image[:80])))
    same = next((b.alt for b in article.blocks if b.kind == "image" and b.url == about.image), "")
    alt = about.image_alt or same
    missing = [] if alt else [_NO_ALT.format(about.image[:80])]
    warnings = tuple(dict.fromkeys((*article.warnings, *missing)))
    return replace(article, image_url=about.image, image_alt=alt, warnings=warnings)


def _usable_pictures(text: Text) -> Text:
    """Those with a whole https address; what is missing of any is a warning."""
    warnings = dict.fromkeys(text.warnings)
    kept: list[Block] = []
    links: dict[int, tuple[Link, ...]] = {}
    for i, block in enumerate(text.blocks):
        if block.kind == "image" and not is_picture_url(block.url):
            warnings[_NO_HTTPS.format(block.url[:80])] = None
            continue
        if block.kind == "image" and not block.alt:
            warnings[_NO_ALT.format(block.url[:80])] = None
        links[len(kept)] = tuple(text.links.get(i, ()))
        kept.append(block)
    return Text(text.title, tuple(kept), links, tuple(warnings))


def _base(html: str, url: str) -> str:
    said = _BASE.search(html[:20_000])
    try:
        return urljoin(url, said[1]) if said else url
    except ValueError:
        return url


def _address(canonical: str, found_at: str) -> str:
    """What the page calls its own address, unless that is on another site than where it was found."""
    if not found_at or (is_web_url(canonical) and _site(canonical) == _site(found_at)):
        return canonical if is_web_url(canonical) else ""
    return found_at


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _checked(url: str, name: str) -> str:
    if url and not is_web_url(url):
        raise BadInput(f"{name}: {url[:80]!r} is no web address: give the whole of it, beginning with https://")
    return url


def _one_line(text: str) -> str:
    return " ".join(without_hidden(text).split())
