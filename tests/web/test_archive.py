"""A published list as strangers see it: a page, a valid feed, and mails of which each opens."""

from __future__ import annotations

import re
from pathlib import Path

import feedparser
import pytest
from lxml import etree

from base.database import Database
from campaigns import archive
from subscribers.keys import Keys
from tests.campaigns.mailing import Mailing
from tests.web.conftest import Client, served

ATOM = "{http://www.w3.org/2005/Atom}"
SUBJECT = "{{ subscriber.first_name | default('Hello') }}: knees & <hips>"


@pytest.fixture
def mailing(db: Database, keys: Keys, tmp_path: Path) -> Mailing:
    mailing = Mailing(db, keys, tmp_path)
    mailing.people("ana", first_name="Ana")
    mailing.sent(mailing.draft(subject=SUBJECT))
    return mailing


def publish(mailing: Mailing) -> str:
    with mailing.db.write() as s:
        return archive.publish(s, "tips", actor="robin").removeprefix("/archive/")


def test_the_page_names_the_sent_mails_and_each_opens_without_anything_personal(mailing: Mailing, site: Client) -> None:
    page = site.get(f"/archive/{publish(mailing)}")
    assert page.status == 200
    assert "Hello: knees &amp; &lt;hips&gt;" in page.text
    (link,) = re.findall(r'href="(/m/[^"]+)"', page.text)
    mail = site.get(link)
    assert mail.status == 200
    for answer in (page, mail):
        assert "Ana" not in answer.text
        assert "ana@example.com" not in answer.text
        assert not re.search(r"/[up]/[\w-]{5,}", answer.text)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_the_feed_is_valid_atom(mailing: Mailing, keys: Keys) -> None:
    public_id = publish(mailing)
    with served(mailing.db, keys, public_url="https://news.example.com/letters") as site:
        feed = site.get(f"/letters/archive/{public_id}/feed.xml")
        again = site.get(f"/archive/{public_id}/feed.xml")
    assert feed.text == again.text
    assert feed.headers["Content-Type"].startswith("application/atom+xml")
    root = etree.fromstring(feed.text.encode())
    entry = root.find(f"{ATOM}entry")
    for element in (root, entry):
        assert [len(element.findall(ATOM + name)) for name in ("id", "title", "updated")] == [1, 1, 1]
        assert element.findtext(f"{ATOM}id").startswith("urn:uuid:")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", element.findtext(f"{ATOM}updated"))
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    assert root.findtext(f"{ATOM}id") != entry.findtext(f"{ATOM}id")
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    home = f"https://news.example.com/letters/archive/{public_id}"
    assert links == {"self": f"{home}/feed.xml", "alternate": home}
    run = mailing.row().public_id
    assert entry.find(f"{ATOM}link").get("href") == f"https://news.example.com/letters/m/{run}"
    read = feedparser.parse(feed.text)
    assert not read.bozo
    assert [each.title for each in read.entries] == ["Hello: knees & <hips>"]


def test_what_is_not_published_is_not_there(mailing: Mailing, site: Client) -> None:
    public_id = publish(mailing)
    with mailing.db.write() as s:
        archive.unpublish(s, "tips")
    for path in (public_id, "tips", "1", f"{public_id}/feed.xml", f"{public_id}/"):
        assert site.get(f"/archive/{path}").status == 404


def test_an_empty_archive_is_a_page_and_a_valid_feed(db: Database, keys: Keys, tmp_path: Path, site: Client) -> None:
    public_id = publish(Mailing(db, keys, tmp_path))
    assert "Nothing has been sent yet" in site.get(f"/archive/{public_id}").text
    assert not feedparser.parse(site.get(f"/archive/{public_id}/feed.xml").text).bozo
