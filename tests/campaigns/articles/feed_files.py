"""Feeds in the three dialects, written from the same entries."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

WHOLE = (
    "<p>Every spring the same people come to us with the same back. They dug over the whole garden in an afternoon, and"
    " on the morning after they could not put on their socks. It need not be so, and it takes very little.</p>"
    "<h2>Before you dig</h2><p>Walk around the house once, swing your arms, and bend your knees a few times. Then"
    " choose a spade that reaches up to your ribs. A short one makes a long evening, as our grandparents said.</p>"
    "<ul><li>Change hands every ten minutes</li><li>Turn your feet, not the back</li><li>Stop before you tire</li></ul>"
    "<p>Afterwards lie down on the floor for five minutes with your legs on a chair. Whoever sees you there may laugh,"
    " and should then do the same. If it still hurts after three days, come in and let us look at it together.</p>"
)


@dataclass(frozen=True)
class Piece:
    name: str
    title: str
    day: int = 1  # of March 2026
    html: str = WHOLE
    updated: int = 0
    link: str = ""

    def url(self, home: str) -> str:
        return self.link or f"{home}/{self.name}"


def rss(home: str, *pieces: Piece) -> str:
    items = "".join(
        f"<item><title>{escape(p.title)}</title><link>{p.url(home)}</link><guid isPermaLink='false'>id-{p.name}</guid>"
        f"<dc:creator>Robin Vale</dc:creator><pubDate>{p.day:02} Mar 2026 09:00:00 GMT</pubDate>"
        f"<description>In short.</description><content:encoded><![CDATA[{p.html}]]></content:encoded></item>"
        for p in pieces
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'"
        " xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Larkfield Notes</title>"
        f"<link>{home}</link><description>Tips</description>{items}</channel></rss>"
    )


def atom(home: str, *pieces: Piece) -> str:
    entries = "".join(
        f"<entry><title type='html'>{escape(escape(p.title))}</title><id>id-{p.name}</id>"
        f"<link rel='alternate' href='{p.url(home)}'/><published>2026-03-{p.day:02}T09:00:00Z</published>"
        f"<updated>2026-03-{p.day + p.updated:02}T09:00:00Z</updated><author><name>Robin Vale</name></author>"
        f"<content type='html'>{escape(p.html)}</content></entry>"
        for p in pieces
    )
    return (
        "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>Larkfield Notes</title>"
        f"<id>{home}</id><updated>2026-03-01T00:00:00Z</updated>{entries}</feed>"
    )


def rdf(home: str, *pieces: Piece) -> str:
    items = "".join(
        f"<item rdf:about='id-{p.name}'><title>{escape(p.title)}</title><link>{p.url(home)}</link>"
        f"<dc:creator>Robin Vale</dc:creator><dc:date>2026-03-{p.day:02}</dc:date>"
        f"<description>{escape(p.html)}</description></item>"
        for p in pieces
    )
    return (
        "<?xml version='1.0'?><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'"
        " xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns='http://purl.org/rss/1.0/'>"
        f"<channel rdf:about='{home}'><title>Larkfield Notes</title><link>{home}</link></channel>{items}</rdf:RDF>"
    )
