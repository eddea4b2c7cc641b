"""The links in a mail: a GET changes nothing, a POST acts at once and says what is true."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.database import Database
from delivery.models import Outcome
from delivery.outcomes import Flag
from subscribers import links
from subscribers.card import show
from subscribers.keys import Keys
from subscribers.models import Consent, Suppression
from subscribers.people import find, get_subscriber
from tests.support.people import a_list, a_person
from tests.support.runs import a_run
from tests.web.conftest import Client, served

ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
def token(db: Database, keys: Keys) -> str:
    return a_token(db, keys)


def a_token(db: Database, keys: Keys) -> str:
    """For ann@example.com, who is on the lists tips and news."""
    with db.write() as s:
        tips, _ = a_list(s), a_list(s, "news")
        ann = a_person(s, keys)
        a_person(s, keys, list_slug="news")
        return links.sign(keys, ann.address_key, tips.id)


def states(db: Database, keys: Keys, email: str = "ann@example.com") -> dict[str, str]:
    with db.read() as s:
        return {each.list: each.state for each in show(s, get_subscriber(s, keys, email)).lists}


def rows(db: Database) -> tuple[int | None, int | None]:
    with db.read() as s:
        return _count(s, Consent), _count(s, Suppression)


def _count(s: Session, table: type) -> int | None:
    return s.scalar(select(func.count()).select_from(table))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(db: Database, keys: Keys, site: Client, token: str, method: str) -> None:
    """A link scanner's GET unsubscribes everybody behind the gateway: Rock 7034."""
    before = rows(db)
    answer = site.ask(method, f"/u/{token}")
    assert answer.status == 200
    assert (f'action="/u/{token}"' in answer.text) == (method == "GET")
    assert rows(db) == before
    assert states(db, keys) == {"news": "confirmed", "tips": "confirmed"}


MULTIPART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        ("list-unsubscribe=ONE-CLICK", "application/x-www-form-urlencoded; charset=utf-8"),
        (MULTIPART, "multipart/form-data; boundary=x"),
        (MULTIPART, 'Multipart/Form-Data; boundary="x"'),
    ],
)
def test_one_click_takes_off_this_list_only(
    db: Database, keys: Keys, site: Client, token: str, body: str, kind: str
) -> None:
    """The one-click handler that refuses the RFC's form body: Notifuse. The one-click POST, which brings neither cookie
    nor token, eaten by CSRF protection: bike_index 4077."""
    answer = site.post(f"/u/{token}", body, kind)
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert states(db, keys) == {"news": "confirmed", "tips": "withdrawn"}
    with db.read() as s:
        last = show(s, get_subscriber(s, keys, "ann@example.com")).consents[-1]
    assert (last.state, last.how, last.actor) == ("withdrawn", "one-click", "recipient")


def test_a_repeat_is_done_already_and_says_so(db: Database, site: Client, token: str) -> None:
    assert site.post(f"/u/{token}", ONE_CLICK).status == 200
    before = rows(db)
    assert site.post(f"/u/{token}", ONE_CLICK).status == 200
    assert rows(db) == before


def test_the_page_can_stop_every_list(db: Database, keys: Keys, site: Client, token: str) -> None:
    answer = site.post(f"/u/{token}", "choice=every-list")
    assert answer.status == 200
    assert "unsubscribed from everything" in answer.text
    assert states(db, keys) == {"news": "withdrawn", "tips": "withdrawn"}


@pytest.mark.parametrize("choice", ["this-list", "every-list"])
def test_undo_brings_back_the_list_that_its_button_names(
    db: Database, keys: Keys, site: Client, token: str, choice: str
) -> None:
    done = site.post(f"/u/{token}", f"choice={choice}")
    assert site.post(f"/u/{token}", "choice=undo").status == 200
    assert states(db, keys)["tips"] == "confirmed"
    assert states(db, keys)["news"] == ("confirmed" if choice == "this-list" else "withdrawn")
    with db.read() as s:
        wording = show(s, get_subscriber(s, keys, "ann@example.com")).consents[-1].wording
    assert wording == "Undo: keep Tips coming"
    assert f">{wording}</button>" in done.text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "application/x-www-form-urlencoded"),
        ("choice=%FF%FE", "text/plain"),
        (b"\xff\xfe\x00", "multipart/form-data"),
        (b"--x\r\n\xff", "multipart/form-data; boundary=x"),
        ("&".join(f"a{n}=1" for n in range(1000)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_post_that_cannot_be_read_wants_to_stop(
    sqlite_db: Database, keys: Keys, sqlite_site: Client, body: str | bytes, kind: str
) -> None:
    assert sqlite_site.post(f"/u/{a_token(sqlite_db, keys)}", body, kind).status == 200
    assert states(sqlite_db, keys) == {"news": "confirmed", "tips": "withdrawn"}


def test_a_form_has_its_limit(sqlite_db: Database, keys: Keys, sqlite_site: Client) -> None:
    path = f"/u/{a_token(sqlite_db, keys)}"
    assert sqlite_site.post(path, b"a" * 70_000).status == 413
    pieces = sqlite_site.pool.request("POST", sqlite_site.url + path, body=iter([b"a" * 40_000] * 2))
    assert pieces.status == 413
    assert states(sqlite_db, keys)["tips"] == "confirmed"


@pytest.mark.parametrize("change", ["", "A" * 30, "A" * 5000, "%00", "%FF", "a/b", "?x", ".", "%C3%A9"])
def test_what_is_no_link_of_ours_does_nothing(
    sqlite_db: Database, keys: Keys, sqlite_site: Client, change: str
) -> None:
    token = a_token(sqlite_db, keys)
    before = rows(sqlite_db)
    for path in (f"/u/{change}", f"/u/{token[:-1]}{change}", f"/u/{token}{change.replace('?', '.') or token}"):
        for answer in (sqlite_site.get(path), sqlite_site.post(path, ONE_CLICK)):
            assert answer.status == 404
            assert 'name="email"' in answer.text
            assert "You are unsubscribed" not in answer.text
    assert rows(sqlite_db) == before


def test_a_link_to_a_list_that_is_gone_stops_nothing_and_says_so(
    sqlite_db: Database, keys: Keys, sqlite_site: Client
) -> None:
    with sqlite_db.write() as s:
        a_list(s)
        token = links.sign(keys, a_person(s, keys).address_key, 99)
    assert sqlite_site.get(f"/u/{token}").status == 404
    assert sqlite_site.post(f"/u/{token}", ONE_CLICK).status == 404
    assert states(sqlite_db, keys) == {"tips": "confirmed"}


def test_nobody_left_to_bring_back_is_said(sqlite_db: Database, keys: Keys, sqlite_site: Client) -> None:
    with sqlite_db.write() as s:
        token = links.sign(keys, b"k" * 32, a_list(s).id)
    assert sqlite_site.post(f"/u/{token}", ONE_CLICK).status == 200
    answer = sqlite_site.post(f"/u/{token}", "choice=undo")
    assert answer.status == 404
    assert "sign up again" in answer.text


def test_the_form_answers_the_same_for_everyone(sqlite_db: Database, keys: Keys, sqlite_site: Client) -> None:
    a_token(sqlite_db, keys)
    known = sqlite_site.post("/u", "email=Ann%40Example.com")
    stranger = sqlite_site.post("/u", "email=stranger%40example.com")
    assert known.status == stranger.status == 200
    assert known.text == stranger.text
    assert set(states(sqlite_db, keys).values()) == {"withdrawn"}
    with sqlite_db.read() as s:
        assert find(s, keys, "stranger@example.com") is None


@pytest.mark.parametrize("typed", ["", "ann", "<script>alert(1)</script>", "a" * 5000])
def test_the_form_asks_again_for_what_is_no_address(sqlite_db: Database, sqlite_site: Client, typed: str) -> None:
    answer = sqlite_site.post("/u", f"email={typed}")
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert "<script" not in answer.text
    assert rows(sqlite_db) == (0, 0)


def test_who_types_addresses_may_stop_twenty_and_a_link_has_no_limit(sqlite_db: Database, keys: Keys) -> None:
    path = f"/u/{a_token(sqlite_db, keys)}"
    with served(sqlite_db, keys, visitor_header="X-Real-IP") as site:

        def asked(path: str, body: str, ip: str = "203.0.113.9") -> int:
            return site.ask("POST", path, body, Content_Type="application/x-www-form-urlencoded", X_Real_IP=ip).status

        assert [asked("/u", f"email=p{n}%40example.com") for n in range(21)] == [200] * 20 + [429]
        refused = site.ask("POST", "/u", "email=x%40example.com", X_Real_IP="203.0.113.9")
        assert "in a few minutes" in refused.text
        assert refused.headers["Retry-After"] == "300"
        assert asked("/u", "email=x%40example.com", "203.0.113.10") == 200
        assert [asked(path, ONE_CLICK) for _ in range(30)] == [200] * 30


def test_an_opt_out_is_credited_to_the_run_that_the_link_came_from(db: Database, keys: Keys, site: Client) -> None:
    run = a_run(db, keys, 2)
    with db.read() as s:
        person = get_subscriber(s, keys, "p1@example.com")
        token = links.sign(keys, person.address_key, 1, "run-1")
    assert site.post(f"/u/{token}", ONE_CLICK).status == 200
    assert states(db, keys, "p1@example.com") == {"tips": "withdrawn"}
    with db.read() as s:
        credited = s.execute(select(Outcome.run_id, Outcome.subscriber_id, Outcome.flags)).one()
    assert tuple(credited) == (run, person.id, Flag.OPTED_OUT)


def test_below_the_path_of_public_url_the_links_work_too(sqlite_db: Database, keys: Keys) -> None:
    token = a_token(sqlite_db, keys)
    with served(sqlite_db, keys, public_url="https://example.com/news") as client:
        for path in ("/u/", "/news/u/"):
            answer = client.get(path + token)
            assert answer.status == 200
            assert f'action="/news/u/{token}"' in answer.text
        assert client.post(f"/news/u/{token}", ONE_CLICK).status == 200
    assert states(sqlite_db, keys)["tips"] == "withdrawn"
