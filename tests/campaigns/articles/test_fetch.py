"""What the guarded fetch refuses, each in one sentence, and what it brings."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from socket import socket

import pytest

from base.errors import Refused
from campaigns.articles.fetch import Fetched, Limits, fetch
from campaigns.articles.guard import is_public, system_resolver
from campaigns.articles.intake import take
from tests.campaigns.articles.hostile import HOSTILE, PUBLIC, REDIRECTS
from tests.support.certificate import certified
from tests.support.site import Site, leads_to, said, site


def never(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"nobody should have asked for {host}")


def knows(**names: list[str]) -> Limits:
    """Limits whose resolver knows these names, with _ for a dot."""

    def resolve(host: str, port: int) -> Sequence[str]:
        try:
            return names[host.rstrip(".").replace(".", "_")]
        except KeyError as cause:
            raise OSError("no such name") from cause

    return Limits(resolve=resolve)


def refused(url: str, limits: Limits) -> str:
    with pytest.raises(Refused) as caught:
        fetch(url, "page", limits)
    sentence = caught.value.sentence
    assert "\n" not in sentence
    assert ". " not in sentence
    return sentence


@pytest.mark.parametrize(("url", "found", "sentence"), HOSTILE)
def test_a_hostile_address_is_refused_in_one_sentence(url: str, found: list[str], sentence: str) -> None:
    host = url.partition("//")[2].partition("/")[0].rstrip(".").replace(".", "_")
    limits = knows(**{host: found}) if found else knows()
    said = refused(url, limits)
    assert sentence in said
    assert "secret" not in said
    if ":" in url:  # else it is the path of a file to those who add articles
        with pytest.raises(Refused) as caught:
            take(url, BytesIO(), limits)
        assert caught.value.sentence == said


@pytest.fixture
def home() -> Iterator[Site]:
    with site() as running:
        yield running


def allowed(*sites: Site, **how: float) -> Limits:
    return Limits(frozenset(each.address for each in sites), resolve=never, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(("location", "sentence"), REDIRECTS)
def test_a_redirect_to_a_hostile_address_is_refused_likewise(home: Site, location: str, sentence: str) -> None:
    home.answers["/"] = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode("latin-1")
    said = refused(home.url("/"), Limits(frozenset({home.address}), resolve=knows().resolve))
    assert sentence in said
    assert "secret" not in said
    assert home.paths() == ["/"]


def test_a_redirect_to_another_port_of_an_allowed_machine_is_refused(home: Site) -> None:
    with site({"/": said("<p>inside</p>")}) as inside:
        home.answers["/"] = leads_to(inside.url("/"))
        assert PUBLIC in refused(home.url("/"), allowed(home))
        assert inside.asked == []


def test_a_name_whose_answer_changes_leads_nowhere_else(home: Site) -> None:
    home.answers["/"] = said("<p>the site</p>")
    answers = [["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]]

    def changing(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    limits = Limits(frozenset({home.address}), resolve=changing)
    assert fetch(home.url("/", "blog.example"), "page", limits).body == b"<p>the site</p>"
    assert len(answers) == 2  # asked once: what it would have said next never mattered
    assert home.asked[0][1]["Host"] == f"blog.example:{home.port}"


def test_a_name_that_changes_between_redirects_is_checked_again(home: Site) -> None:
    home.answers["/"] = leads_to("/again")
    home.answers["/again"] = said("<p>inside</p>")
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    limits = Limits(frozenset({home.address}), resolve=lambda host, port: answers.pop(0))
    assert "leads to 127.0.0.2" in refused(home.url("/", "blog.example"), limits)
    assert home.paths() == ["/"]


def test_five_redirects_are_followed_and_six_are_not(home: Site) -> None:
    home.answers |= {f"/{n}": leads_to(f"/{n + 1}", (301, 302, 303, 307, 308)[n % 5]) for n in range(6)}
    home.answers["/6"] = said("<p>here</p>")
    assert fetch(home.url("/1"), "page", allowed(home)).url == home.url("/6")
    assert "leads on and on" in refused(home.url("/0"), allowed(home))
    home.answers["/loop"] = leads_to("/loop")
    assert "leads on and on" in refused(home.url("/loop"), allowed(home))
    home.answers["/lost"] = said(b"", status=302)
    assert "without saying where to" in refused(home.url("/lost"), allowed(home))


def endless(talk: socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        talk.sendall(b"<p>and so on</p>" * 4096)


def dripping(talk: socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        talk.sendall(b".")
        time.sleep(0.02)


def dripping_headers(talk: socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        talk.sendall(b"x")
        time.sleep(0.02)


def many_headers(talk: socket) -> None:
    talk.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        talk.sendall(b"X-More: words\r\n" * 50)


def forever_continuing(talk: socket) -> None:
    while True:
        talk.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


def silent(talk: socket) -> None:
    time.sleep(3)


BOMB = gzip.compress(b"a" * 20_000_000)
UNHAPPY = [
    ("huge", said(b"a" * 2_000_000), "more than 1 MB"),
    ("huge by its own word", said(b"a", Content_Length="99999999999"), "more than 1 MB"),
    ("endless", endless, "more than 1 MB"),
    ("a bomb", said(BOMB, Content_Encoding="gzip"), "more than 1 MB"),
    ("packed twice", said(gzip.compress(BOMB), Content_Encoding="gzip, gzip"), "in a way that nobody asked for"),
    ("packed oddly", said(b"words", Content_Encoding="br"), "in a way that nobody asked for"),
    ("packed wrongly", said(b"words", Content_Encoding="gzip"), "could not be read"),
    ("dripping", dripping, "took too long"),
    ("dripping headers", dripping_headers, "took too long"),
    ("many headers", many_headers, "could not be read"),
    ("continuing", forever_continuing, "took too long"),
    ("silent", silent, "took too long"),
    ("cut short", said(b"words", Content_Length="5000"), "could not be read"),
    ("no answer at all", b"", "could not be read"),
    ("no web server", b"220 mail.example ESMTP\r\n", "could not be read"),
    ("a picture", said(b"\x89PNG", "image/png"), "answers with image/png, which is no page"),
    ("a PDF", said(b"%PDF-1.7", "application/pdf"), "which is no page"),
    ("of no type", said(b"words", ""), "nothing that says what it is"),
    ("a password", said(status=401), "asks for a password"),
    ("forbidden", said(status=403), "does not let us read it"),
    ("missing", said(status=404), "is not there (404)"),
    ("gone", said(status=410), "gone for good"),
    ("too many", said(status=429), "come back later"),
    ("broken", said(status=503), "status 503: try again later"),
    ("unchanged, which nobody asked", said(status=304), "status 304"),
    ("empty", said(status=204), "status 204"),
]


@pytest.mark.parametrize(("name", "answer", "sentence"), UNHAPPY, ids=[name for name, _, _ in UNHAPPY])
def test_a_hostile_answer_is_refused_in_one_sentence(home: Site, name: str, answer: bytes, sentence: str) -> None:
    home.answers["/"] = answer
    began = time.monotonic()
    limits = allowed(home, seconds=1.0 if "too long" in sentence else 20, most_bytes=1_000_000)
    assert sentence in refused(home.url("/"), limits)
    assert time.monotonic() - began < 15


def test_a_page_comes_with_what_the_server_said_of_it(home: Site) -> None:
    home.answers["/a?b=c%20d"] = said(
        gzip.compress(b"<p>words</p>"), "text/html; Charset='ISO-8859-1'", Content_Encoding="gzip", ETag='"7"'
    )
    found = fetch(home.url("/a?b=c%20d"), "page", allowed(home))
    assert found == Fetched(home.url("/a?b=c%20d"), b"<p>words</p>", "iso-8859-1", False, '"7"', "")
    assert home.asked[0][1]["Host"] == home.address
    assert {"Cookie", "Authorization", "If-None-Match"}.isdisjoint(home.asked[0][1])


def test_what_did_not_change_is_not_brought_again(home: Site) -> None:
    home.answers["/feed"] = said(status=304, ETag='"7"')
    found = fetch(home.url("/feed"), "feed", allowed(home), etag='"7"', modified="Mon, 02 Feb 2026 09:00:00 GMT")
    assert found.unchanged
    assert home.asked[0][1]["If-None-Match"] == '"7"'
    assert home.asked[0][1]["If-Modified-Since"] == "Mon, 02 Feb 2026 09:00:00 GMT"


def test_letters_of_other_languages_travel_as_the_web_wants_them(home: Site) -> None:
    home.answers["/caf%C3%A9?q=%C3%BC"] = said("<p>words</p>")
    names: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        names.append(host)
        return ["127.0.0.1"]

    fetch(home.url("/café?q=ü", "müller.example"), "page", Limits(frozenset({home.address}), resolve=resolve))
    assert names == ["xn--mller-kva.example"]


def test_where_one_address_of_a_site_does_not_answer_the_next_is_tried(home: Site) -> None:
    home.answers["/"] = said("<p>words</p>")
    # The second is allowed, and nothing listens there.
    limits = Limits(
        frozenset({home.address, f"127.0.0.3:{home.port}"}), resolve=lambda host, port: ["127.0.0.3", "127.0.0.1"]
    )
    assert fetch(home.url("/", "blog.example"), "page", limits).body == b"<p>words</p>"


def test_a_certificate_has_to_be_the_names_though_the_number_is_what_is_connected_to(tmp_path: Path) -> None:
    server, client = certified(tmp_path, "blog.example")
    with site({"/": said("<p>words</p>")}, tls=server) as home:
        limits = Limits(frozenset({home.address}), resolve=lambda host, port: ["127.0.0.1"], tls=client)
        assert fetch(home.url("/", "blog.example"), "page", limits).body == b"<p>words</p>"
        assert home.asked[0][1]["Host"] == f"blog.example:{home.port}"
        assert "its certificate is not valid" in refused(home.url("/", "other.example"), limits)
        assert "its certificate is not valid" in refused(home.url("/", "blog.example"), replace(limits, tls=None))
        assert len(home.asked) == 1


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_the_systems_resolver_answers_in_numbers() -> None:
    assert "127.0.0.1" in system_resolver(5)("127.0.0.1", 80)
    with pytest.raises(UnicodeError):
        system_resolver(5)("a" * 70 + ".example", 80)
