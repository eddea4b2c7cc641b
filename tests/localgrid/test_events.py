"""Events that come back: their fields by the schema, signed, batched, repeated until taken, spoiled on demand."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.localgrid.support import CONTRACT, Listener, Running, conform, listening, running, until

SCHEMA = json.loads((CONTRACT / "event_webhook.schema.json").read_text())


def told(grid: Running, listener: Listener, *to: str, **changes: Any) -> list[dict[str, Any]]:
    """The events of one request, once all of them came."""
    grid.send(*to, **changes)
    until(lambda: grid.stats()["events"]["pending"] == 0)
    events = [event for event in listener.events() if event["email"] in to]
    conform(events, SCHEMA)
    return events


def test_a_mail_is_processed_and_delivered_with_its_custom_args(grid: Running, listener: Listener) -> None:
    processed, delivered = told(grid, listener, "plain@example.com")
    assert (processed["event"], delivered["event"]) == ("processed", "delivered")
    for event in (processed, delivered):
        assert (event["nl_try"], event["nl_sub"], event["category"]) == ("attempt-1", "0", ["newsletter"])
        assert isinstance(event["timestamp"], int)
        assert event["smtp-id"].startswith("<" + event["sg_message_id"].partition(".")[0])
    assert processed["sg_event_id"] != delivered["sg_event_id"]


STORIES = {
    "bounce": ["processed", "bounce"],
    "anna+blocked": ["processed", "bounce"],
    "anna+deferred": ["processed", "deferred", "delivered"],
    "anna+dropped": ["dropped"],
    "anna+invalid": ["dropped"],
    "anna+quota": ["dropped"],
    "anna+spam": ["processed", "delivered", "spamreport"],
    "anna+open+click": ["processed", "delivered", "open", "click"],
    "anna+mpp": ["processed", "delivered", "open"],
    "anna+async": ["processed", "delivered", "bounce"],
}


@pytest.mark.parametrize(("local", "story"), STORIES.items(), ids=STORIES.keys())
def test_an_address_tells_its_own_story(grid: Running, listener: Listener, local: str, story: list[str]) -> None:
    events = told(grid, listener, f"{local}@stories.example")
    assert [event["event"] for event in events] == story
    assert len({event["sg_event_id"] for event in events}) == len(events)


def test_the_fields_that_tell_one_bounce_from_another(grid: Running, listener: Listener) -> None:
    hard = told(grid, listener, "bounce@fields.example")[-1]
    soft = told(grid, listener, "a+blocked@fields.example")[-1]
    late = told(grid, listener, "a+async@fields.example")[-1]
    assert (hard["type"], hard["status"], hard["bounce_classification"]) == ("bounce", "5.1.1", "Invalid Address")
    assert (soft["type"], soft["bounce_classification"]) == ("blocked", "Reputation")
    assert late["type"] == "bounce"
    assert not {"sg_message_id", "nl_try", "ip", "category"} & set(late)


def test_who_bounced_hard_or_complained_is_dropped_the_next_time(grid: Running, listener: Listener) -> None:
    to = ("x+bounce@again.example", "x+spam@again.example", "x+blocked@again.example")
    told(grid, listener, *to)
    before = len(listener.events())
    told(grid, listener, *to)
    reasons = {event["email"]: event.get("reason") for event in listener.events()[before:]}
    assert reasons[to[0]] == "Bounced Address"
    assert reasons[to[1]] == "Spam Reporting Address"
    assert reasons[to[2]] == "550 5.7.1 message blocked"  # a block stops nothing


def test_without_tracking_nobody_is_seen_to_open_or_click(grid: Running, listener: Listener) -> None:
    off = {"open_tracking": {"enable": False}, "click_tracking": {"enable": False}}
    events = told(grid, listener, "a+open+click+mpp@untracked.example", tracking_settings=off)
    assert [event["event"] for event in events] == ["processed", "delivered"]


def test_an_unsubscribe_is_told_only_with_subscription_tracking(grid: Running, listener: Listener) -> None:
    on = {"subscription_tracking": {"enable": True}}
    assert told(grid, listener, "a+unsubscribe@off.example")[-1]["event"] == "delivered"
    assert told(grid, listener, "a+unsubscribe@on.example", tracking_settings=on)[-1]["event"] == "unsubscribe"


def test_the_sink_is_reported_as_delivered(grid: Running, listener: Listener) -> None:
    events = told(grid, listener, "any@sink.sendgrid.net")
    assert [event["event"] for event in events] == ["processed", "delivered"]


def test_an_invalid_address_is_dropped_under_an_id_of_its_own(grid: Running, listener: Listener) -> None:
    (event,) = told(grid, listener, "b+invalid@example.com")
    assert (event["reason"], event["sg_message_id"].partition(".")[0]) == ("Invalid", "filter0001p1las1")


def test_posts_verify_with_the_public_key_and_only_untouched(grid: Running, listener: Listener) -> None:
    told(grid, listener, "signed@example.com")
    shown = grid.ask("GET", "/v3/user/webhooks/event/settings/signed").json()["public_key"]
    key = load_der_public_key(base64.b64decode(shown))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    headers, body = listener.posts[-1]
    assert body.endswith(b"]\r\n")
    signature = base64.b64decode(headers["X-Twilio-Email-Event-Webhook-Signature"])
    signed = headers["X-Twilio-Email-Event-Webhook-Timestamp"].encode() + body
    key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.verify(signature, signed.rstrip(), ec.ECDSA(hashes.SHA256()))


def test_2000_events_go_in_posts_of_1000_at_most(grid: Running, listener: Listener) -> None:
    before = len(listener.posts)
    grid.send(*(f"p{n}@many.example" for n in range(1000)))
    until(lambda: grid.stats()["events"]["pending"] == 0)
    sizes = [len(json.loads(body)) for _, body in listener.posts[before:]]
    assert sum(sizes) == 2000
    assert max(sizes) <= 1000


def test_a_post_is_repeated_until_it_is_taken(grid: Running, listener: Listener) -> None:
    listener.answers += [503, 302]
    events = told(grid, listener, "repeated@example.com")
    assert [event["event"] for event in events] == ["processed", "delivered"]


def test_events_can_be_delayed_doubled_shuffled_and_lost(grid: Running, listener: Listener) -> None:
    grid.faults({"kind": "events_delay", "args": {"seconds": 3600}})
    grid.send("late@example.com")
    grid.send("late-2@example.com")
    assert grid.stats()["events"]["pending"] >= 2
    grid.ask("DELETE", "/_faults")
    until(lambda: grid.stats()["events"]["pending"] == 0)
    assert {"late@example.com", "late-2@example.com"} <= {event["email"] for event in listener.events()}

    grid.faults({"kind": "events_duplicate"})
    ids = Counter(event["sg_event_id"] for event in told(grid, listener, "twice@example.com"))
    assert set(ids.values()) == {2}

    grid.faults({"kind": "events_reorder"})
    assert [event["event"] for event in told(grid, listener, "turned@example.com")] == ["delivered", "processed"]

    grid.faults({"kind": "events_lose", "args": {"probability": 1}})
    assert told(grid, listener, "lost@example.com") == []
    grid.faults({"kind": "events_off"})
    assert told(grid, listener, "silent@example.com") == []


def test_what_was_not_posted_is_posted_after_a_restart(tmp_path: Path) -> None:
    with listening() as listener:
        with running(tmp_path, "--events-url", listener.url) as grid:
            grid.send("before@example.com")
            until(lambda: len(listener.events()) == 2)
            until(lambda: grid.stats()["events"]["pending"] == 0)
            grid.faults({"kind": "events_delay", "args": {"seconds": 3600}})
            grid.send("after@example.com")
        with running(tmp_path) as grid:
            until(lambda: len(listener.events()) == 4)
        assert [event["email"] for event in listener.events()[2:]] == ["after@example.com"] * 2
