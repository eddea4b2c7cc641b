"""RSS and Atom into entries, and an entry into an article. Fetching and keeping them: arrivals.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from html import escape
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

from base.errors import BadInput
from campaigns.articles.blocks import words, words_of
from campaigns.articles.elements import read_elements
from campaigns.articles.encoding import without_hidden
from campaigns.articles.fetch import Fetched
from campaigns.articles.furniture import without_furniture
from campaigns.articles.page import make_article
from campaigns.articles.placing import after_title, says_enough
from campaigns.articles.sanitize import sanitized
from campaigns.articles.source import ReadArticle
from campaigns.articles.tags import without_tags
from campaigns.articles.urls import is_picture_url, is_web_url

MOST_ENTRIES = 500
_FEWEST_WORDS = 120  # of an entry that could be the whole article
_CUT = re.compile(
    r"(?:\[?(?:…|\.\.\.)\]?|\b(?:continue reading|read (?:more|on|the (?:rest|full))|weiterlesen)\b.{0,60})$", re.I
)
_PAGE_OF_FEED = re.compile(rb"<link\s[^>]*application/(?:rss|atom)\+xml[^>]*>", re.I)
_HREF = re.compile(rb"href\s*=\s*[\"']([^\"'\s]{1,500})", re.I)


@dataclass(frozen=True)
class Entry:
    key: str  # of its id, else of its link or words: by it an entry is known again
    link: str  # of its page, or empty
    title: str
    author: str
    published: str  # the day, as 2026-12-01, or empty
    html: str
    image_url: str
    digest: str  # of all the above: another one means that it changed


@dataclass(frozen=True)
class ReadFeed:
    title: str
    entries: tuple[Entry, ...]  # the oldest first


def read_feed(found: Fetched) -> ReadFeed:
    """Raises BadInput in one sentence for what is no feed."""
    # Imported where it is used: few commands read feeds.
    import feedparser

    headers = {"content-location": found.url}
    if found.charset:
        headers["content-type"] = f"application/xml; charset={found.charset}"
    # As a stream: bytes that look like a path or an address would be opened. Sanitised it is by us.
    parsed = feedparser.parse(BytesIO(found.body), response_headers=headers, sanitize_html=False)
    if not parsed.get("version") and not parsed.entries:
        raise _no_feed(found)
    entries = {entry.key: entry for each in parsed.entries[:MOST_ENTRIES] if (entry := _entry(each, found.url))}
    oldest_first = list(entries.values())[::-1]  # of one day the last in the feed is the oldest
    oldest_first.sort(key=lambda entry: entry.published)
    return ReadFeed(
        _one_line(parsed.feed.get("title", "")) or (urlsplit(found.url).hostname or ""), tuple(oldest_first)
    )


def from_entry(entry: Entry) -> ReadArticle | None:
    """The article, where the feed has it whole; None where its page has to be read. Raises BadInput."""
    if len(words(without_tags(entry.html))) < _FEWEST_WORDS and entry.link:
        return None
    name = f"The feed's entry {entry.title[:80]!r}"
    body = sanitized(entry.html, name)
    without_furniture(body)
    text = after_title(read_elements(body, entry.link), entry.title)
    last = text.blocks[-1].lines()[-1:] if text.blocks else ()
    if entry.link and (len(words_of(text.blocks)) < _FEWEST_WORDS or any(_CUT.search(line) for line in last)):
        return None
    if not says_enough(text.blocks):
        raise BadInput(f"{name} has no article in it, nor a page to read it on: add it by hand")
    read = make_article(text, title=entry.title, name=name, about=(entry.author, entry.published))
    picture = entry.image_url if is_picture_url(entry.image_url) else ""
    read = read if read.image_url or not picture else replace(read, image_url=picture)
    return replace(read, url=entry.link)


def completed(read: ReadArticle, entry: Entry) -> ReadArticle:
    """What a page did not say of itself, the feed may have said."""
    return replace(
        read,
        author=read.author or entry.author,
        published=read.published or entry.published,
        url=read.url or entry.link,
    )


def _entry(each: Any, feed_url: str) -> Entry | None:
    link = urljoin(feed_url, str(each.get("link", "")).strip())
    link = link if each.get("link") and is_web_url(link) else ""
    html = _html(each)
    title = _one_line(without_tags(str(each.get("title", ""))))
    known_by = str(each.get("id", "")).strip() or link or f"{title}\n{html}"
    if not (link or html.strip()):
        return None
    said = (title, _author(each), _day(each), html, _picture(each))
    digest = sha256("\0".join((link, *said, _updated(each))).encode("utf-8", "replace")).hexdigest()
    return Entry(_digest(known_by), link, *said, digest)


def _html(each: Any) -> str:
    """The longest that it says: some feeds have a summary and the whole, some call the whole a summary."""
    said = [*each.get("content", []), *[detail for detail in [each.get("summary_detail")] if detail]]
    texts = [_as_html(str(part.get("value", "")), str(part.get("type", ""))) for part in said]
    return max(texts, key=len, default="")


def _as_html(text: str, kind: str) -> str:
    if kind == "text/plain" and "<" not in text:
        return "".join(f"<p>{escape(part)}</p>" for part in re.split(r"\n\s*\n", text))
    return text


def _author(each: Any) -> str:
    """The name alone: RSS wants an address before it, which is nobody's business."""
    said = str(each.get("author_detail", {}).get("name", "") or each.get("author", ""))
    return "" if "@" in said else _one_line(without_tags(said))[:200]


def _day(each: Any) -> str:
    at = each.get("published_parsed") or dict.get(each, "updated_parsed")
    return f"{at.tm_year:04}-{at.tm_mon:02}-{at.tm_mday:02}" if at else ""


def _updated(each: Any) -> str:
    # As it stands in the feed: feedparser's own get() makes one up from the day of publication.
    return str(dict.get(each, "updated", ""))


def _picture(each: Any) -> str:
    named = [m for m in each.get("media_content", []) if str(m.get("medium", m.get("type", ""))).startswith("image")]
    enclosed = [e for e in each.get("enclosures", []) if str(e.get("type", "")).startswith("image/")]
    urls = [
        str(each.get("url") or each.get("href") or "") for each in (*named, *enclosed, *each.get("media_thumbnail", []))
    ]
    return next((url for url in urls if is_picture_url(url)), "")


def _no_feed(found: Fetched) -> BadInput:
    named = (_HREF.search(link) for link in _PAGE_OF_FEED.findall(found.body[:200_000]))
    href = next((match[1].decode("utf-8", "replace") for match in named if match), "")
    host = urlsplit(found.url).hostname
    if href:
        url = urljoin(found.url, href.replace("&amp;", "&"))
        return BadInput(f"{host} answers with a page, whose feed is at {url[:300]}: give that address")
    return BadInput(f"{host} answers with something that is no RSS or Atom feed: give the address of the feed")


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:40]


def _one_line(text: str) -> str:
    return " ".join(without_hidden(str(text)).split())
