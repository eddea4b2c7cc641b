"""The preference centre over HTTP: each change holds at once and is on record; what is personal needs the mailbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import html as parser
from sqlalchemy import select

from base.config import BrandConfig
from base.database import Database, database_now
from delivery.providers.files import Files
from delivery.providers.provider import Answer as Told
from delivery.providers.provider import Verdict
from subscribers import links
from subscribers.addresses import address_key
from subscribers.audit import read
from subscribers.card import show
from subscribers.consent import opt_out
from subscribers.keys import Keys
from subscribers.models import Subscription
from subscribers.people import find, get_subscriber
from subscribers.signups import forms
from subscribers.suppression import mailable, suppress
from tests.support.people import a_list, a_person
from tests.support.signups import a_public_list, states
from tests.web.conftest import Answer, Client, served


class Mailbox(Files):
    """Keeps what is mailed to people."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.letters: list[tuple[str, str]] = []

    def prepare(self) -> str:
        return ""

    def notify(self, to: str, subject: str, text: str, **more: str) -> Told:
        self.letters.append((to, text))
        return Told(Verdict.ACCEPTED)

    def link(self) -> str:
        (_, text) = self.letters[-1]
        return next(word for word in text.split() if "/me/" in word).partition("8025")[2]


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def site(db: Database, keys: Keys, mailbox: Mailbox) -> Iterator[Client]:
    with served(db, keys, provider=mailbox) as client:
        yield client


@pytest.fixture
def link(db: Database, keys: Keys) -> str:
    """Ann's, who gets the private list tips; news is public, and she is not on it."""
    with db.write() as s:
        tips = a_list(s)
        a_public_list(s, "news")
        ann = a_person(s, keys, first_name="Ann", zone="Europe/Berlin")
        return f"/p/{links.sign(keys, ann.address_key, tips.id)}"


def post(site: Client, path: str, **sent: str) -> Answer:
    return site.post(path, urlencode(sent))


def wish(db: Database) -> Subscription:
    with db.read() as s:
        return s.scalars(select(Subscription)).one()


def test_the_page_shows_what_is_and_changes_nothing(db: Database, keys: Keys, site: Client, link: str) -> None:
    """A link scanner's GET: Rock 7034."""
    for method in ("GET", "HEAD", "GET"):
        answer = site.ask(method, link)
        assert answer.status == 200
    page = parser.document_fromstring(answer.text)
    assert page.xpath("//input[@name='frequency'][@checked]/@value") == ["all"]
    assert page.xpath("//input[@type='checkbox']/@checked") == []
    assert "Yes, mail me news." in page.text_content()
    assert "ann@example.com" not in answer.text
    assert "Ann" not in answer.text
    wanted = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
    assert {name: answer.headers[name] for name in wanted} == wanted
    assert "Set-Cookie" not in answer.headers
    assert states(db, keys) == {"tips": "confirmed"}


def test_frequency_pause_and_opens_hold_at_once_and_are_on_record(
    db: Database, keys: Keys, site: Client, link: str
) -> None:
    with db.read() as s:
        day = (database_now(s) + timedelta(days=30)).date().isoformat()
    sent = {"choice": "save", "list": "tips", "frequency": "monthly", "until": day, "opens": "yes"}
    answer = post(site, link, **sent)
    assert answer.status == 200
    page = parser.document_fromstring(answer.text)
    assert page.xpath("//input[@type='date']/@value") == [day]
    assert page.xpath("//input[@name='frequency'][@checked]/@value") == ["monthly"]
    kept = wish(db)
    assert kept.frequency == "monthly"
    assert kept.opens_since is not None
    assert kept.paused_until is not None
    assert kept.paused_until.isoformat()[11:16] in ("22:00", "23:00")  # midnight in Berlin
    with db.read() as s:
        assert list(s.scalars(mailable(kept.list_id))) == []
        (change,) = read(s, about=str(kept.subscriber_id), most=5)
    assert (change.actor, change.action) == ("recipient", "preferences")
    assert change.after["frequency"] == "monthly"

    assert post(site, link, choice="save", list="tips", frequency="all", until="").status == 200
    kept = wish(db)
    assert (kept.frequency, kept.paused_until, kept.opens_since) == ("all", None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"until": "2020-01-01"}, {"until": "9999-12-31"}, {"until": "soon"}, {"frequency": "daily"}, {"list": "none"}],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    db: Database, site: Client, link: str, wrong: dict[str, str]
) -> None:
    answer = post(site, link, **{"choice": "save", "list": "tips", "frequency": "monthly", **wrong})
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert wish(db).frequency == "all"


def test_joining_another_list_is_consent_by_the_words_beside_its_button(
    db: Database, keys: Keys, site: Client, link: str
) -> None:
    with db.write() as s:
        version = forms.form_of(s, "news", BrandConfig()).version
    assert post(site, link, choice="join", list="news", version="0" * 12).status == 400
    assert states(db, keys) == {"tips": "confirmed"}
    assert post(site, link, choice="join", list="news", version=version).status == 200
    assert states(db, keys) == {"news": "confirmed", "tips": "confirmed"}
    with db.read() as s:
        last = show(s, get_subscriber(s, keys, "ann@example.com")).consents[-1]
    assert (last.wording, last.how, last.actor) == ("Yes, mail me news.", "page", "recipient")


def test_leaving_one_list_leaves_the_other_and_joining_again_lifts_only_that(
    db: Database, keys: Keys, site: Client, link: str
) -> None:
    """Opted out of a category, still gets that category: mautic 10879."""
    with db.write() as s:
        version = forms.form_of(s, "news", BrandConfig()).version
    join = {"choice": "join", "list": "news", "version": version}
    post(site, link, **join)
    assert post(site, link, choice="leave", list="news").status == 200
    assert states(db, keys) == {"news": "withdrawn", "tips": "confirmed"}
    assert "You have left every list" in post(site, link, choice="leave-all").text
    assert set(states(db, keys).values()) == {"withdrawn"}
    post(site, link, **join)
    assert states(db, keys) == {"news": "confirmed", "tips": "withdrawn"}


def test_a_stop_that_is_not_their_own_is_not_lifted_by_joining(
    db: Database, keys: Keys, site: Client, link: str
) -> None:
    """A suppressed person signs up again: Ghost 27408."""
    with db.write() as s:
        version = forms.form_of(s, "news", BrandConfig()).version
        suppress(s, address_key(keys, "ann@example.com"), "complaint", source="test")
    assert post(site, link, choice="join", list="news", version=version).status == 400
    assert states(db, keys) == {"tips": "confirmed"}


def test_a_private_list_cannot_be_joined(db: Database, keys: Keys, site: Client, link: str) -> None:
    with db.write() as s:
        a_list(s, "staff")
    assert post(site, link, choice="join", list="staff", version="").status == 400
    assert states(db, keys) == {"tips": "confirmed"}


def test_a_link_whose_person_has_gone_offers_to_stop_the_address(db: Database, keys: Keys, site: Client) -> None:
    with db.write() as s:
        token = links.sign(keys, b"k" * 32, a_list(s).id)
    for answer in (site.get(f"/p/{token}"), post(site, f"/p/{token}", choice="leave-all"), site.get("/p/x")):
        assert answer.status == 404
        assert 'name="email"' in answer.text


def test_details_and_download_need_the_link_that_only_the_mailbox_gets(
    db: Database, keys: Keys, site: Client, link: str, mailbox: Mailbox
) -> None:
    assert "on its way" in post(site, link, choice="mine").text
    ((to, _),) = mailbox.letters
    assert to == "ann@example.com"
    mine = mailbox.link()
    assert 'value="Ann"' in site.get(mine).text
    assert post(site, mine, first_name="Annika", zone="Mars/Base").status == 400
    assert "Annika" in post(site, mine, first_name="Annika", last_name="", zone="UTC", locale="de_AT").text
    with db.read() as s:
        card = show(s, get_subscriber(s, keys, "ann@example.com"))
    assert (card.first_name, card.zone, card.locale) == ("Annika", "UTC", "de-AT")
    file = site.get(f"{mine}/everything.json")
    assert file.headers["Content-Disposition"] == 'attachment; filename="everything-about-me.json"'
    known = json.loads(file.text)
    assert known["email"] == "ann@example.com"
    assert known["consents"][0]["wording"] == "Yes, send me the monthly tips."
    assert known["changes"][-1]["after"] == {"first_name": "Annika", "zone": "UTC", "locale": "de-AT"}
    assert known["mails"] == []
    assert site.get(link.replace("/p/", "/me/")).status == 404  # the link in every mail opens nothing here


def test_the_link_to_the_own_page_is_over_after_an_hour(db: Database, keys: Keys, site: Client, link: str) -> None:
    key = address_key(keys, "ann@example.com")
    with db.read() as s:
        now = database_now(s)
    fresh, over = (links.sign_own(keys, key, now + timedelta(minutes=m)) for m in (1, -1))
    assert site.get(f"/me/{fresh}").status == 200
    for path in (f"/me/{over}", f"/me/{fresh[:-2]}AA", f"/me/{over}/everything.json", f"/me/{over}/erase"):
        assert site.get(path).status == 404
    assert post(site, f"/me/{over}/erase").status == 404


def test_it_is_mailed_twice_in_half_an_hour_and_not_to_a_stopped_address(
    db: Database, keys: Keys, site: Client, link: str, mailbox: Mailbox
) -> None:
    answers = {post(site, link, choice="mine").text for _ in range(5)}
    assert (len(answers), len(mailbox.letters)) == (1, 2)
    with db.write() as s:
        suppress(s, address_key(keys, "ann@example.com"), "hard bounce", source="test")
    assert post(site, link, choice="mine").status == 400


def test_being_erased_is_asked_once_more_and_then_done(
    db: Database, keys: Keys, site: Client, link: str, mailbox: Mailbox
) -> None:
    post(site, link, choice="mine")
    mine = mailbox.link()
    assert "cannot be undone" in site.get(f"{mine}/erase").text
    with db.read() as s:
        assert find(s, keys, "ann@example.com") is not None
    done = post(site, f"{mine}/erase")
    assert done.status == 200
    assert "receipt" in done.text
    with db.read() as s:
        assert find(s, keys, "ann@example.com") is None
    for path in (mine, link):
        assert site.get(path).status == 404


def test_who_opted_out_of_everything_may_still_see_and_take_their_data(
    db: Database, keys: Keys, site: Client, link: str, mailbox: Mailbox
) -> None:
    with db.write() as s:
        opt_out(s, address_key=address_key(keys, "ann@example.com"), list_id=None, how="page", source="t", actor="t")
    assert "none of our lists" in site.get(link).text
    post(site, link, choice="mine")
    assert json.loads(site.get(f"{mailbox.link()}/everything.json").text)["stops"][0]["reason"] == "opt-out"
