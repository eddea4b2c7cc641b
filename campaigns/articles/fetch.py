"""A page or a feed from the web, fetched with care: only from public sites, never too long, never too much.
What may be asked at all: guard.py. Reading what came: page.py and feeds.py."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urljoin

from urllib3.response import BaseHTTPResponse

from base.errors import BadInput
from campaigns.articles.guard import Resolve, Target, addresses_of, system_resolver, target_of
from campaigns.articles.wire import answer, too_slow

Kind = Literal["page", "feed"]

MOST_REDIRECTS = 5
_CHUNK = 65536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TYPES: dict[Kind, re.Pattern[str]] = {
    "page": re.compile(r"text/html|application/xhtml\+xml"),
    # Feeds go by many names; whether it is one shows when it is read.
    "feed": re.compile(r"[\w.-]+/(?:[\w.-]+\+)?xml|text/(?:html|plain)|application/rss"),
}
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})  # one of them, once: what we asked for
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
_ACCEPT: dict[Kind, str] = {
    "page": "text/html,application/xhtml+xml",
    "feed": "application/rss+xml,application/atom+xml,application/rdf+xml,application/xml;q=0.9,text/xml;q=0.9",
}
_STATUS = {
    401: "asks for a password: only public pages can be read",
    403: "does not let us read it: ask whoever runs the site, or save the page as a file and add that",
    404: "is not there (404): check the address",
    410: "is gone for good (410): check the address",
    429: "asks us to come back later (429): try again in an hour",
}


@dataclass(frozen=True)
class Limits:
    """What a fetch keeps to. `allow` names addresses that are not public and may be asked all the same."""

    allow: frozenset[str] = frozenset()
    seconds: float = 20.0  # for everything together: names, redirects, reading
    most_bytes: int = 10_000_000  # unpacked
    resolve: Resolve = field(default_factory=lambda: system_resolver(5))
    tls: ssl.SSLContext | None = None  # the system's certificates where None


@dataclass(frozen=True)
class Fetched:
    url: str  # where it was found in the end
    body: bytes
    charset: str  # as the server says, or empty
    unchanged: bool  # since the `etag` or `modified` that was sent along; then there is no body
    etag: str
    modified: str


def fetch(url: str, kind: Kind, limits: Limits, *, etag: str = "", modified: str = "") -> Fetched:
    """Raises Refused or BadInput, in one sentence, for whatever is not a public page or feed of a sane size."""
    until = time.monotonic() + limits.seconds
    conditions = {"If-None-Match": etag, "If-Modified-Since": modified}
    for _ in range(MOST_REDIRECTS + 1):
        target = target_of(url)
        # Asked once, checked, and then connected to by number: an answer that changes afterwards changes nothing.
        addresses = addresses_of(target, limits.resolve, limits.allow)
        if time.monotonic() >= until:
            raise too_slow(target)
        with answer(target, addresses, _headers(target, kind, conditions), until, limits.tls) as response:
            if response.status not in _REDIRECTS:
                return _read(response, target, kind, limits.most_bytes, unchanged_allowed=bool(etag or modified))
            url = _next(response, target)
    raise BadInput(f"{target.host} leads on and on: give the address where the page is in the end")


def _headers(target: Target, kind: Kind, conditions: Mapping[str, str]) -> dict[str, str]:
    return {
        "Host": target.host_header,
        "User-Agent": "Mozilla/5.0 (compatible; Tipsheet)",
        "Accept": f"{_ACCEPT[kind]},*/*;q=0.1",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
        **{name: value for name, value in conditions.items() if value},
    }


def _next(response: BaseHTTPResponse, target: Target) -> str:
    location = response.headers.get("Location", "").encode("latin-1", "replace").decode("utf-8", "replace").strip()
    if not location:
        raise BadInput(f"{target.host} leads on without saying where to: give another address of the page")
    try:
        return urljoin(target.url, quote(location, safe="%/:=&?~#+!$,;'@()*[]\\"))
    except ValueError as cause:
        raise BadInput(f"{target.host} leads on to what is no web address: give another address of the page") from cause


def _read(
    response: BaseHTTPResponse, target: Target, kind: Kind, most_bytes: int, *, unchanged_allowed: bool
) -> Fetched:
    headers = response.headers
    etag, modified = (headers.get(name, "")[:500] for name in ("ETag", "Last-Modified"))
    if response.status == 304 and unchanged_allowed:
        return Fetched(target.url, b"", "", True, etag, modified)
    if response.status != 200:
        raise _unhappy(response.status, target)
    content_type = headers.get("Content-Type", "").strip().lower()
    if not _TYPES[kind].fullmatch(content_type.partition(";")[0].strip()):
        said = content_type.partition(";")[0][:60] or "nothing that says what it is"
        raise BadInput(f"{target.host} answers with {said}, which is no {kind}: give the address of a {kind}")
    charset = _CHARSET.search(content_type)
    body = _body(response, target, most_bytes)
    return Fetched(target.url, body, charset[1] if charset else "", False, etag, modified)


def _unhappy(status: int, target: Target) -> BadInput:
    later = f"answers with status {status}: try again later"
    return BadInput(f"{target.url[:200]} {_STATUS.get(status, later)}", status=status)


def _body(response: BaseHTTPResponse, target: Target, most_bytes: int) -> bytes:
    if response.headers.get("Content-Encoding", "").strip().lower() not in _ENCODINGS:
        raise BadInput(f"{target.host} packs its answer in a way that nobody asked for: try again later")
    said = response.headers.get("Content-Length", "")
    parts: list[bytes] = []
    size = int(said) if said.isdecimal() and len(said) < 19 else 0
    stream = response.stream(_CHUNK, decode_content=True) if size <= most_bytes else iter(())
    size = size if size > most_bytes else 0
    for part in stream:
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            break
    if size > most_bytes:
        raise BadInput(f"{target.host} sends more than {most_bytes // 1_000_000} MB: give the address of the article")
    return b"".join(parts)
