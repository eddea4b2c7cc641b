"""The web hook's settings over the API: its key, its switches, and turning signing off and on."""

from __future__ import annotations

from pathlib import Path

from tests.localgrid.support import conform, listening, running, schema_of, until

SETTINGS = "/v3/user/webhooks/event/settings"


def test_settings_follow_the_specification(tmp_path: Path) -> None:
    with running(tmp_path) as grid:
        made = grid.ask("POST", SETTINGS, {"enabled": True, "url": "http://127.0.0.1:9/hook", "open": False})
        schemas = "tsg_webhooks_v3.json", "components", "schemas"
        conform(made.json(), schema_of(*schemas, "EventWebhookSignedResponse"))
        assert (made.status, made.json()["open"], made.json()["click"]) == (201, False, True)
        listed = grid.ask("GET", f"{SETTINGS}/all").json()
        conform(listed, schema_of(*schemas, "EventWebhookAllResponse"))
        hook = made.json()["id"]
        assert grid.ask("GET", f"{SETTINGS}/{hook}").json() == made.json()
        assert grid.ask("GET", SETTINGS).json() == made.json()
        assert grid.ask("GET", f"{SETTINGS}/other").status == 404
        assert grid.ask("POST", SETTINGS, {"url": "http://127.0.0.1:9/second"}).status == 400
        assert grid.ask("PATCH", SETTINGS, {"url": "ftp://example.com"}).status == 400
        assert grid.ask("PATCH", SETTINGS, {"open": "yes"}).status == 400


def test_signing_off_throws_the_key_away_and_on_makes_another(tmp_path: Path) -> None:
    with listening() as listener, running(tmp_path, "--events-url", listener.url) as grid:
        first = grid.ask("GET", f"{SETTINGS}/signed").json()["public_key"]
        assert grid.ask("PATCH", f"{SETTINGS}/signed", {"enabled": False}).json()["public_key"] == ""
        grid.send("unsigned@example.com")
        until(lambda: bool(listener.posts))
        assert "X-Twilio-Email-Event-Webhook-Signature" not in listener.posts[0][0]
        second = grid.ask("PATCH", f"{SETTINGS}/signed", {"enabled": True}).json()["public_key"]
        assert len(first) == len(second) == 124
        assert first != second
        grid.stop()
    with running(tmp_path) as grid:
        assert grid.ask("GET", f"{SETTINGS}/signed").json()["public_key"] == second


def test_events_that_are_switched_off_are_not_told(tmp_path: Path) -> None:
    with listening() as listener, running(tmp_path, "--events-url", listener.url) as grid:
        grid.ask("PATCH", SETTINGS, {"processed": False})
        grid.send("quiet@example.com")
        until(lambda: grid.stats()["events"]["pending"] == 0)
        assert [event["event"] for event in listener.events()] == ["delivered"]
        grid.ask("PATCH", SETTINGS, {"enabled": False})
        grid.send("silent@example.com")
        until(lambda: grid.stats()["events"]["pending"] == 0)
        assert len(listener.events()) == 1
