"""Mails a second: compiled, a bare string join of the same slots, and naive. Run: python -m benchmarks.render

One run on one machine, so the ratios mean something where the numbers do not. First it proves 1,000 compiled mails
equal to the naive ones.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from jinja2 import FileSystemLoader
from lxml import html as lxml_html

import campaigns
import templates
from campaigns import compose
from campaigns.articles.excerpt import excerpt
from campaigns.articles.source import read_article
from campaigns.render import Source, compile_mail, render_naively
from delivery.slots import Filled, Filler, Message, Recipient

PROVED = 1_000
ROUND, ROUNDS = 100, 3_000
FIRST_NAMES = ("Anna", "José", "Łukasz", "D'Arcy", "Mary Jane", "<b>Eve</b>", "", "שירה", "Bob & Co", 'O"Neil')
FIELDS: dict[str, str | None] = {"first_name": None, "city": None}
SUBJECT = (
    "Tips for {{ subscriber.city|default('you') }}"
    "{% if subscriber.first_name %}, {{ subscriber.first_name }}{% endif %}"
)


def main() -> None:
    source, names, loader = _letter()
    message = compile_mail(source, names, FIELDS, loader).message
    people = [_person(n) for n in range(PROVED)]
    started = time.perf_counter()
    naive = [render_naively(source, names, person, loader, FIELDS) for person in people]
    naive_rate = PROVED / (time.perf_counter() - started)
    filler = Filler(message)
    different = sum(not _equal(filler.fill(p), mail) for p, mail in zip(people, naive, strict=True))
    print(f"{PROVED - different:,} of {PROVED:,} compiled mails equal the naive ones")
    bare = _bare_join(message)
    rates = _best_rates([filler.fill, filler.values, bare], people)
    compiled, values, joined = rates
    print(f"letter: {len(message.html):,} characters of HTML, {len(message.slots)} slots")
    print(f"{'compiled, whole mail':<34}{compiled:>12,.0f} mails/s")
    print(f"{'compiled, values only (SendGrid)':<34}{values:>12,.0f} mails/s")
    print(f"{'bare join of the same slots':<34}{joined:>12,.0f} mails/s")
    print(f"{'naive: Jinja and premailer each':<34}{naive_rate:>12,.1f} mails/s")
    print(f"compiled is {compiled / joined:.0%} of the bare join and {compiled / naive_rate:,.0f} times the naive way")
    if different or compiled < joined / 2:
        raise SystemExit("Not good enough: all mails must be equal, and at least 50 % of the bare join")


def _letter() -> tuple[Source, dict[str, object], FileSystemLoader]:
    folder = templates.folder() / "email"
    home = folder / "monthly-tips"
    article = read_article(str(Path(campaigns.__file__).parent / "examples" / "article.txt"), BytesIO())
    card = compose.article_card(article.title, "https://example.com/tips", excerpt(article))
    brand = compose.Brand("Larkfield Physiotherapy", "1 High Street, Larkfield", phone="+1 408 555 0100")
    offer = compose.OfferCard("A free check", ("Come by for half an hour.",), "Book it", "https://example.com/book")
    names = compose.names(brand, compose.ListCard("Monthly tips"), compose.CampaignCard("Tips"), card, offer)
    source = Source("monthly-tips", (home / "mail.html").read_text(), (home / "mail.txt").read_text(), SUBJECT)
    return source, names, FileSystemLoader(folder)


def _person(n: int) -> Recipient:
    """Links are each person's own; of names there are some hundred, some of them hostile."""
    token = f"{n:06d}" + "aB3_-xY" * 8
    links = {name: f"https://news.example.com/{name}/{token}" for name in ("unsubscribe", "preferences", "browser")}
    return Recipient(
        {"first_name": FIRST_NAMES[n % 10] + "abcdefghij"[n // 10 % 10 :], "city": "Ely" if n % 3 else ""}, links
    )


def _equal(one: Filled, other: Filled) -> bool:
    return (one.subject, one.text, _tree(one.html)) == (other.subject, other.text, _tree(other.html))


def _tree(html: str) -> list[object]:
    root = lxml_html.document_fromstring(html)
    return [(node.tag, sorted(node.attrib.items()), node.text, node.tail) for node in root.iter()]


def _bare_join(message: Message) -> Callable[[Recipient], tuple[str, ...]]:
    """The same three texts cut at the same tokens, and the person's raw values looked up by name between them:
    no escaping, no defaults, no conditions, no care for what a value holds."""
    names = {slot.token: re.findall(r"(?:subscriber|links)\.(\w+)", slot.source)[0] for slot in message.slots}
    tokens = re.compile("|".join(names))
    texts = [
        (
            [part for literal in tokens.split(text) for part in (literal, "")][:-1],
            [names[token] for token in tokens.findall(text)],
        )
        for text in (message.subject, message.html, message.text)
    ]

    def join(person: Recipient) -> tuple[str, ...]:
        value = {**person.subscriber, **person.links}.__getitem__
        joined = []
        for parts, wanted in texts:
            whole = parts.copy()
            whole[1::2] = map(value, wanted)
            joined.append("".join(whole))
        return tuple(joined)

    return join


def _best_rates(ways: list[Callable[[Recipient], object]], people: list[Recipient]) -> list[float]:
    """Side by side in many rounds of less than a millisecond; the best of each counts, since other work on the
    machine only slows."""
    best = [0.0] * len(ways)
    for round_ in range(ROUNDS):
        start = round_ * ROUND % len(people)
        some = people[start : start + ROUND]
        for n, way in enumerate(ways):
            started = time.perf_counter()
            for person in some:
                way(person)
            best[n] = max(best[n], len(some) / (time.perf_counter() - started))
    return best


if __name__ == "__main__":
    main()
