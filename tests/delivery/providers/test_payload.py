"""Our real requests against the untouched official specification."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import ValidationError

from delivery.providers.provider import Parcel, People
from delivery.providers.sendgrid.payload import build
from delivery.slots import Filler, Message, Place, Recipient, Slot
from tests.localgrid.support import Running, conform, schema_of
from tests.support.runs import ENVELOPE

WAY = ("paths", "/v3/mail/send", "post", "requestBody", "content", "application/json", "schema")
OFFICIAL = schema_of("tsg_mail_v3.json", *WAY)
NAME = Slot("tkaaaa1111name", "subscriber.first_name|default('friend')", Place.TEXT)
HI = Slot("tkaaaa1111hi", "subscriber.first_name", Place.PLAIN)
OUT = Slot("tkaaaa1111out", "links.unsubscribe", Place.URL)
MESSAGE = Message(
    "Tips of December",
    f'<p>Hello {NAME.token}</p><a href="{OUT.token}">Unsubscribe</a>',
    f"Hello {HI.token} \u2009",
    (NAME, HI, OUT),
)

# Half of them what JSON or our own writing of it could trip over.
_SENDABLE = st.one_of(st.sampled_from('"\\,%{}\0\n\u2028'), st.characters(exclude_categories=["Cs"]))


def parcel(people: int, first: int = 1) -> Parcel:
    filler = Filler(MESSAGE)
    ids = range(first, first + people)
    values = [filler.values(Recipient({"first_name": f"P{n}"}, _links(n))) for n in ids]
    columns = {token: [each[token] for each in values] for token in values[0]}
    them = People(ids, [f"p{n}@example.com" for n in ids], columns, [_links(n)["unsubscribe"] for n in ids])
    return Parcel(f"attempt-{first}", "run-1", ENVELOPE, filler, them)


def _links(n: int) -> dict[str, str]:
    return {"unsubscribe": f"https://news.example.com/u/token-{n}"}


def body(people: int, first: int = 1) -> Any:
    return json.loads(build(parcel(people, first)))


def test_the_specification_refuses_an_empty_request() -> None:
    """Otherwise all that follows would prove nothing."""
    with pytest.raises(ValidationError):
        conform({}, OFFICIAL)


@pytest.mark.parametrize("people", [1, 2, 1000])
def test_a_request_is_valid_by_the_official_specification(people: int) -> None:
    conform(body(people), OFFICIAL)


def test_five_thousand_recipients_are_five_requests_that_the_provider_takes(grid: Running) -> None:
    before = grid.stats()["requests"]
    addresses: list[str] = []
    for first in range(1, 5001, 1000):
        request = body(1000, first)
        conform(request, OFFICIAL)
        assert grid.ask("POST", "/v3/mail/send", request).status == 202
        addresses += [to["email"] for p in request["personalizations"] for to in p["to"]]
    assert grid.stats()["requests"] - before == 5
    assert len(addresses) == len(set(addresses)) == 5000


def test_nobody_sees_anybody_else() -> None:
    for entry in body(50)["personalizations"]:
        assert len(entry["to"]) == 1
        assert not {"cc", "bcc"} & entry.keys()


def test_each_person_has_an_opt_out_link_of_their_own_in_the_headers() -> None:
    headers = [entry["headers"] for entry in body(3)["personalizations"]]
    assert len({h["List-Unsubscribe"] for h in headers}) == 3
    assert all(h["List-Unsubscribe"].startswith("<https://") and h["List-Unsubscribe"].endswith(">") for h in headers)
    assert {h["List-Unsubscribe-Post"] for h in headers} == {"List-Unsubscribe=One-Click"}
    assert {h["Precedence"] for h in headers} == {"bulk"}


def test_all_tracking_is_set_and_off_in_each_request() -> None:
    settings = body(2)["tracking_settings"]
    assert settings.keys() == {"click_tracking", "open_tracking", "subscription_tracking", "ganalytics"}
    assert not any(setting["enable"] for setting in settings.values())


def test_opening_is_tracked_only_in_a_request_of_people_who_agreed_to_it() -> None:
    settings = json.loads(build(replace(parcel(2), tracks_opens=True)))["tracking_settings"]
    conform(json.loads(build(replace(parcel(2), tracks_opens=True))), OFFICIAL)
    assert [name for name, setting in settings.items() if setting["enable"]] == ["open_tracking"]
    assert settings.keys() == body(2)["tracking_settings"].keys()


def test_what_identifies_is_opaque_and_stands_with_each_person() -> None:
    request = body(2)
    assert "custom_args" not in request
    assert request["personalizations"][0]["custom_args"] == {
        "ts_attempt": "attempt-1",
        "ts_run": "run-1",
        "ts_subscriber": "1",
    }
    assert request["categories"] == ["run-1"]


def test_the_provider_never_schedules_for_us() -> None:
    """Whoever opted out while a mail waits at the provider would be mailed."""
    assert "send_at" not in json.dumps(body(2))


def test_whoever_travels_alone_gets_the_text_whole() -> None:
    request = body(1)
    assert "substitutions" not in request["personalizations"][0]
    assert "Hello P1" in request["content"][0]["value"]
    assert NAME.token not in json.dumps(request)


def test_the_text_stands_before_the_html() -> None:
    assert [part["type"] for part in body(2)["content"]] == ["text/plain", "text/html"]


@given(
    st.lists(
        st.tuples(st.emails(), st.text(_SENDABLE, max_size=12), st.text(_SENDABLE, max_size=12)),
        min_size=2,
        max_size=5,
    )
)
def test_what_a_value_holds_arrives_as_it_was(people: list[tuple[str, str, str]]) -> None:
    emails, first, second = zip(*people, strict=True)
    values = {"tk1": first, "tk2": second}
    them = People(range(len(people)), emails, values, [f"https://example.com/{text}" for text in second])
    entries = json.loads(build(replace(parcel(2), people=them)))["personalizations"]
    assert [entry["to"] for entry in entries] == [[{"email": email}] for email in emails]
    assert [entry["substitutions"] for entry in entries] == [{"tk1": a, "tk2": b} for _, a, b in people]
    assert [entry["headers"]["List-Unsubscribe"] for entry in entries] == [f"<https://example.com/{b}>" for b in second]
    assert [entry["custom_args"]["ts_subscriber"] for entry in entries] == [str(n) for n in range(len(people))]
