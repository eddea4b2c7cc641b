"""The sign-up form over HTTP: one answer for everybody, whoever they are and wherever the form stands."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from lxml import html as parser

from base.config import BrandConfig
from base.database import Database
from subscribers.addresses import address_key
from subscribers.card import show
from subscribers.keys import Keys
from subscribers.models import Evidence, Wording
from subscribers.people import get_subscriber
from subscribers.proof.evidence import content_hash
from subscribers.signups import forms
from subscribers.suppression import suppress
from tests.support.people import a_list, a_person
from tests.support.signups import a_public_list, due_mails, signs_up, states, waiting
from tests.web.conftest import Answer, Client, served

FORM = "/signup/tips"


@pytest.fixture
def tips(db: Database) -> str:
    return version(db)


def version(db: Database, opt_in: str = "double") -> str:
    with db.write() as s:
        a_public_list(s, opt_in=opt_in)
        return forms.form_of(s, "tips", BrandConfig()).version


def sent(site: Client, version: str, email: str = "ann@example.com", **more: str) -> Answer:
    return site.post(FORM, urlencode({"email": email, "version": version, **more}))


def may_see_opens(db: Database, keys: Keys) -> bool:
    with db.read() as s:
        (held,) = show(s, get_subscriber(s, keys, "ann@example.com")).lists
    return held.opens_since is not None


def test_the_page_shows_the_wording_and_asks_for_nothing_but_an_address(site: Client, tips: str) -> None:
    page = parser.document_fromstring(site.get(FORM).text)
    assert "Yes, mail me tips." in page.text_content()
    required = [each.get("name") for each in page.xpath("//input[@required]")]
    assert required == ["email"]
    assert page.xpath("//input[@name='version']/@value") == [tips]
    assert not page.xpath("//input[@type='checkbox']")


def test_the_box_for_open_tracking_is_not_ticked(site: Client, tips: str) -> None:
    (box,) = parser.document_fromstring(site.get(f"{FORM}?opens").text).xpath("//input[@type='checkbox']")
    assert box.get("name") == "opens"
    assert box.get("checked") is None


def test_what_was_shown_is_on_record_word_for_word(db: Database, site: Client, tips: str) -> None:
    shown = site.get(FORM)
    assert sent(site, tips, first_name="Ann").status == 200
    (row,) = waiting(db)
    with db.read() as s:
        evidence = s.get_one(Evidence, row.evidence_id)
        wording = s.get_one(Wording, evidence.wording_id)
    assert wording.text in shown.text
    assert wording.controller == "Larkfield Physiotherapy, 12 Larkfield Lane, Milpitas, CA 95035"
    assert wording.privacy_url == "https://larkfield.example/privacy"
    assert wording.language == "en"
    assert evidence.how == "form"
    assert evidence.source == f"the sign-up form of tips, version {tips}"
    assert (row.fields, row.opens) == ('{"first_name":"Ann"}', False)


@pytest.mark.parametrize("opt_in", ["single", "double"])
def test_everybody_gets_the_same_answer(sqlite_db: Database, keys: Keys, sqlite_site: Client, opt_in: str) -> None:
    """A suppressed person signs up again: Ghost 27408. The form tells nobody who is known, stopped or new."""
    found = version(sqlite_db, opt_in)
    with sqlite_db.write() as s:
        a_person(s, keys, "known@example.com")
        suppress(s, address_key(keys, "bounced@example.com"), "hard bounce", source="test")
        suppress(s, address_key(keys, "left@example.com"), "opt-out", source="test")
    people = ("known@example.com", "bounced@example.com", "left@example.com", "new@example.com", "x@no-such-tld.zz")
    answers = [sent(sqlite_site, found, email) for email in people]
    answers.append(sent(sqlite_site, found, "bot@example.com", website="https://spam.example"))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert not {"Set-Cookie", "Location"} & set(answers[0].headers)


def test_the_trap_and_what_is_no_address_store_nothing(db: Database, site: Client, tips: str) -> None:
    assert sent(site, tips, website="x").status == 200
    answer = sent(site, tips, "<script>@")
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert "<script" not in answer.text
    assert waiting(db) == []


def test_the_page_shown_again_is_the_same_form_with_the_same_choice(sqlite_db: Database, sqlite_site: Client) -> None:
    version(sqlite_db)
    asked = parser.document_fromstring(sqlite_site.get(f"{FORM}?opens").text)
    (with_box,) = asked.xpath("//input[@name='version']/@value")
    for more in ({"opens": "yes"}, {}):
        again = parser.document_fromstring(sent(sqlite_site, with_box, "ann@", **more).text)
        assert again.xpath("//input[@name='version']/@value") == [with_box]
        (box,) = again.xpath("//input[@type='checkbox']")
        assert (box.get("checked") is not None) == bool(more)


def test_where_the_words_changed_the_choice_is_asked_for_anew(sqlite_db: Database, sqlite_site: Client) -> None:
    version(sqlite_db)
    again = parser.document_fromstring(sent(sqlite_site, "0" * 12, opens="yes").text)
    (box,) = again.xpath("//input[@type='checkbox']")
    assert box.get("checked") is None


def test_a_form_on_another_site_works_in_both_encodings(db: Database, site: Client, tips: str) -> None:
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"email": "ann@example.com", "version": tips}.items()
    )
    foreign = {"Origin": "https://blog.example.org", "Sec_Fetch_Site": "cross-site"}
    kind = "multipart/form-data; boundary=x"
    assert site.ask("POST", FORM, body + "--x--\r\n", Content_Type=kind, **foreign).status == 200
    urlencoded = urlencode({"email": "ben@example.com", "version": tips})
    kind = "application/x-www-form-urlencoded"
    assert site.ask("POST", FORM, urlencoded, Content_Type=kind, **foreign).status == 200
    assert [row.email for row in waiting(db)] == ["ann@example.com", "ben@example.com"]


def test_a_form_of_an_older_wording_counts_with_the_words_it_showed(db: Database, site: Client, tips: str) -> None:
    with db.write() as s:
        forms.evidence_of(s, forms.form_of(s, "tips", BrandConfig()))  # as `list form` does
        forms.set_up(s, "tips", wording="Other words.")
    assert sent(site, tips).status == 200
    (row,) = waiting(db)
    with db.read() as s:
        wording = s.get_one(Wording, s.get_one(Evidence, row.evidence_id).wording_id)
    assert wording.text == "Yes, mail me tips."


@pytest.mark.parametrize("made_up", ["", "0" * 12, content_hash("x")[:12]])
def test_words_that_we_never_showed_are_no_evidence(sqlite_db: Database, sqlite_site: Client, made_up: str) -> None:
    version(sqlite_db)
    answer = sent(sqlite_site, made_up)
    assert answer.status == 409
    assert "have changed" in answer.text
    assert 'value="ann@example.com"' in answer.text
    assert waiting(sqlite_db) == []


def test_a_list_that_is_not_public_has_no_form(sqlite_db: Database, sqlite_site: Client) -> None:
    with sqlite_db.write() as s:
        a_list(s)
    for answer in (sqlite_site.get(FORM), sqlite_site.get("/signup/none"), sent(sqlite_site, "x")):
        assert answer.status == 404


def test_one_network_may_not_ask_without_end(sqlite_db: Database, keys: Keys) -> None:
    found = version(sqlite_db)
    with served(sqlite_db, keys, visitor_header="X-Real-IP") as site:

        def from_network(ip: str, n: int) -> int:
            body = urlencode({"email": f"p{n}@example.com", "version": found})
            kind = "application/x-www-form-urlencoded"
            return site.ask("POST", FORM, body, Content_Type=kind, X_Real_IP=ip).status

        assert [from_network("203.0.113.9", n) for n in range(12)] == [200] * 10 + [429] * 2
        assert from_network("203.0.113.10", 12) == 200
        assert [from_network(f"2001:db8::{n}", n) for n in range(11)][-1] == 429


def test_one_address_is_not_written_down_without_end(sqlite_db: Database, sqlite_site: Client) -> None:
    found = version(sqlite_db)
    answers = {sent(sqlite_site, found, email).text for email in ["ann+1@gmail.com", "a.nn@gmail.com"] * 4}
    assert len(answers) == 1
    assert len(waiting(sqlite_db)) == 5


def test_the_visitors_address_is_kept_only_where_it_is_known(sqlite_db: Database, keys: Keys) -> None:
    found = version(sqlite_db)
    body = urlencode({"email": "ann@example.com", "version": found})
    kind = "application/x-www-form-urlencoded"
    for header, told in (("", "203.0.113.9"), ("X-Real-IP", "203.0.113.9"), ("X-Real-IP", "nonsense")):
        with served(sqlite_db, keys, visitor_header=header) as site:
            site.ask("POST", FORM, body, Content_Type=kind, X_Real_IP=told)
    kept = [row.personal for row in waiting(sqlite_db)]
    assert ["203.0.113.9" in each for each in kept] == [False, True, False]
    assert ["127.0.0.1" in each for each in kept] == [False] * 3


def test_a_body_has_its_limit(sqlite_db: Database, sqlite_site: Client) -> None:
    found = version(sqlite_db)
    assert sent(sqlite_site, found, first_name="a" * 9000).status == 413
    assert waiting(sqlite_db) == []


@pytest.mark.parametrize("ticked", [True, False])
def test_the_confirmation_page_shows_all_that_its_button_agrees_to(
    db: Database, keys: Keys, site: Client, tips: str, ticked: bool
) -> None:
    """Anybody may tick the box for a stranger's address: who presses the button has to have read what it says."""
    (with_box,) = parser.document_fromstring(site.get(f"{FORM}?opens").text).xpath("//input[@name='version']/@value")
    sent(site, with_box, **({"opens": "yes"} if ticked else {}))
    (mail,) = due_mails(db, keys)
    (wording,) = parser.document_fromstring(site.get(f"/confirm/{mail.token}").text).xpath("//*[@class='wording']")
    assert wording.text == "Yes, mail me tips." + (f"\n{forms.OPENS_WORDING}" if ticked else "")
    assert site.post(f"/confirm/{mail.token}").status == 200
    assert may_see_opens(db, keys) == ticked


@pytest.mark.parametrize("opt_in", ["single", "double"])
def test_a_tick_beside_no_words_lets_nobody_see_opens(
    sqlite_db: Database, keys: Keys, sqlite_site: Client, opt_in: str
) -> None:
    sent(sqlite_site, version(sqlite_db, opt_in), opens="yes")
    for mail in due_mails(sqlite_db, keys):
        assert forms.OPENS_WORDING not in sqlite_site.get(f"/confirm/{mail.token}").text
        assert sqlite_site.post(f"/confirm/{mail.token}").status == 200
    assert states(sqlite_db, keys) == {"tips": "confirmed"}
    assert not may_see_opens(sqlite_db, keys)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_scanner_that_looks_at_the_confirmation_link_confirms_nothing(
    db: Database, keys: Keys, site: Client, tips: str, method: str
) -> None:
    """A link scanner's GET acts for everybody behind the gateway: Rock 7034."""
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    for _ in range(2):
        assert site.ask(method, f"/confirm/{mail.token}").status == 200
    assert states(db, keys) == {}


def test_the_button_confirms_without_a_cookie_and_twice_is_harmless(
    db: Database, keys: Keys, site: Client, tips: str
) -> None:
    """A POST eaten by CSRF protection: bike_index 4077."""
    signs_up(db, keys)
    (mail,) = due_mails(db, keys)
    path = f"/confirm/{mail.token}"
    assert f'action="{path}"' in site.get(path).text
    for answer in (site.post(path), site.post(path), site.get(path)):
        assert answer.status == 200
        assert "You are on the list" in answer.text
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert states(db, keys) == {"tips": "confirmed"}


def test_a_link_that_is_unknown_shows_the_way_to_sign_up_again(sqlite_db: Database, sqlite_site: Client) -> None:
    version(sqlite_db)
    for answer in (sqlite_site.get("/confirm/nothing"), sqlite_site.post("/confirm/" + "A" * 43)):
        assert answer.status == 404
        assert f'href="{FORM}"' in answer.text
