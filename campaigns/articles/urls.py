"""Which addresses an article may carry: absolute ones of the web, https for pictures."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

LONGEST = 2000
_UNSAFE = re.compile(r"[\s<>\"'`\\^{|}\x00-\x1f\x7f]")


def names_the_web(source: str) -> bool:
    """Is it meant as an address of the web, well written or not?"""
    return source.lower().startswith(("http://", "https://"))


def is_web_url(url: str) -> bool:
    return _is_absolute(url, ("http", "https"))


def leads_to_a_page(url: str) -> bool:
    """To more than the front page of a site."""
    return is_web_url(url) and bool(urlsplit(url).path.strip("/") or urlsplit(url).query)


def is_picture_url(url: str) -> bool:
    """Mail programs fetch pictures through proxies that want https."""
    return _is_absolute(url, ("https",))


def _is_absolute(url: str, schemes: tuple[str, ...]) -> bool:
    if len(url) > LONGEST or _UNSAFE.search(url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(host) and "@" not in parts.netloc
