"""`tipsheet connect sendgrid` and `tipsheet doctor` against a localgrid: each thing wrong in turn, and its cure."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from base.config import load
from base.database import Database
from campaigns.alerts.record import note
from delivery.connect import account, dmarc, hook, host, records
from delivery.connect.account import NEEDED
from delivery.connect.finding import Finding
from delivery.providers.sendgrid.webhook import public_key
from tests.cli.conftest import Run
from tests.cli.world import SETTINGS, World, real_service
from tests.journeys.office import free_port
from tests.localgrid.support import Running
from tests.support.certificate import certified
from tests.support.domains import DOMAIN, in_order
from tests.support.site import leads_to, said


@pytest.fixture
def world(tipsheet: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.local")
    with ExitStack() as stack:
        made = World(tipsheet, folder, monkeypatch, stack)
        made.set("DELIVERY__PROVIDER", "sendgrid")
        made.set("DELIVERY__FROM_EMAIL", f"news@{DOMAIN}")
        made.set("DELIVERY__SEEDS", "kim@example.com")
        for name in ("NAME", "ADDRESS", "PHONE"):
            made.set(f"BRAND__{name}", "Clinic 1")
        for name in ("URL", "PRIVACY_URL"):
            made.set(f"BRAND__{name}", f"https://{DOMAIN}")
        made.set("DELIVERY__FROM_NAME", "Clinic")
        yield made


# No clock ticks here, and nobody has asked yet whom the provider stopped.
_WHILE_NOTHING_RUNS = {"service": "mind", "suppressions": "mind"}


def test_from_a_bare_account_to_one_that_is_connected(world: World) -> None:
    port = free_port()
    certified(world.folder, "localhost", 90)
    world.env.setenv("SSL_CERT_FILE", str(world.folder / "certificate.pem"))
    world.set("WEB__PUBLIC_URL", f"https://localhost:{port}")
    grid = world.account()

    with real_service(world.folder, port, None):
        before = world.connect("--dry-run")
        assert before["web hook"] == (
            "mind",
            f"no web hook posts to https://localhost:{port}/events/sendgrid; would be set up without --dry-run",
        )
        assert before["seed mail"] == ("mind", "would be sent to kim@example.com without --dry-run")
        assert "start tipsheet run again" in before["public address"][1]
        assert grid.ask("GET", f"{SETTINGS}/all").json()["webhooks"] == [{}]
        assert (grid.data / "mailbox.jsonl").read_text() == ""
        assert not (world.folder / "keys" / "sendgrid-webhook.pub").exists()
        found = world.connect()
        assert found["web hook"][0] == "ok"

    kept = load().sendgrid.webhook_key
    assert (world.hook()["enabled"], world.hook()["public_key"]) == (True, kept)
    with real_service(world.folder, port, public_key(kept)):
        assert {state for state, _ in world.connect().values()} == {"ok"}
        assert {name: state for name, (state, _) in world.doctor().items() if state != "ok"} == _WHILE_NOTHING_RUNS
    assert [mail["to"] for mail in grid.mailbox()] == ["kim@example.com"] * 2


def connected(world: World) -> Running:
    grid = world.account()
    world.answers()
    assert world.connect()["web hook"][0] == "ok"
    assert {name: state for name, (state, _) in world.doctor().items() if state != "ok"} == _WHILE_NOTHING_RUNS
    return grid


@pytest.mark.parametrize(
    ("options", "check", "says"),
    [
        (("--api-key", "SG.other"), "key", "SendGrid does not know the API key"),
        (("--sender", DOMAIN, "--scope", "whitelabel.read"), "scopes", "the key lacks mail.send (sending), user."),
        (("--pending", DOMAIN), "sender", f"{DOMAIN} waits for its DNS records; add those named below, then press"),
        (("--sender", "other.example"), "sender", f"SendGrid does not know news@{DOMAIN}; authenticate {DOMAIN} in"),
        (("--pending", f"news@{DOMAIN}"), "sender", "is not verified yet; open the mail that SendGrid sent there"),
        (("--sender", f"news@{DOMAIN}"), "sender", "is verified as one address only"),
    ],
)
def test_what_is_wrong_with_key_or_sender(world: World, options: tuple[str, ...], check: str, says: str) -> None:
    world.account(*options)
    world.answers()
    for found in (world.connect(), world.doctor()):
        assert (found[check][0] != "ok", says in found[check][1]) == (True, True), found[check]


def test_a_key_that_may_not_read_the_logs_is_enough_but_named(world: World) -> None:
    world.account("--sender", DOMAIN, *(word for scope in NEEDED for word in ("--scope", scope)))
    world.answers()
    state, words = world.connect()["scopes"]
    assert (state, "may not read the e-mail logs" in words) == ("mind", True)


def test_no_key_and_no_account_are_told_from_each_other(world: World) -> None:
    world.answers()
    world.set("SENDGRID__BASE_URL", "http://127.0.0.1:9")
    assert "SendGrid does not answer" in world.connect()["key"][1]
    world.env.delenv("SENDGRID_API_KEY")
    found = world.connect()
    assert "set SENDGRID_API_KEY" in found["key"][1]
    assert found["seed mail"][1].startswith("not sent, because of key")


HOOK_FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("", {"enabled": False}, "the web hook is switched off"),
    ("", {"url": "https://old.clinic.example/events/sendgrid"}, "posts to https://old.clinic.example/events/sendgrid"),
    ("", {"bounce": False, "spam_report": False}, "the web hook does not tell of bounce, spam_report"),
    ("/signed", {"enabled": False}, "the web hook is not signed"),
]


@pytest.mark.parametrize(("path", "change", "says"), HOOK_FAULTS)
def test_what_is_wrong_with_the_web_hook_is_named_by_doctor_and_mended_by_connect(
    world: World, path: str, change: dict[str, Any], says: str
) -> None:
    grid = connected(world)
    assert grid.ask("PATCH", SETTINGS + path, change).status == 200
    state, words = world.doctor()["web hook"]
    assert (state, says in words, "mend it with: tipsheet connect sendgrid" in words) == ("broken", True, True), words
    assert world.connect("--dry-run")["web hook"][0] == "mind"
    assert world.doctor()["web hook"][0] == "broken"  # nothing was changed
    assert world.connect()["web hook"][0] == "ok"
    assert world.doctor()["web hook"][0] == "ok"
    assert load().sendgrid.webhook_key == world.hook()["public_key"]


def test_another_key_is_named_and_one_in_the_configuration_is_not_overruled(world: World) -> None:
    grid = connected(world)
    for on in (False, True):
        grid.ask("PATCH", f"{SETTINGS}/signed", {"enabled": on})
    assert "signed with another key" in world.doctor()["web hook"][1]
    world.set("SENDGRID__WEBHOOK_KEY", "MFkw-old")
    state, words = world.connect()["web hook"]
    assert (state, "take it out" in words) == ("broken", True)


def test_a_web_hook_of_somebody_else_is_left_alone(world: World) -> None:
    grid = world.account()
    world.answers()
    grid.ask("POST", SETTINGS, {"url": "https://shop.example/sendgrid"})
    assert "no web hook posts to" in world.doctor()["web hook"][1]
    state, words = world.connect()["web hook"]
    assert (state, "has one for shop.example; remove one in SendGrid" in words) == ("broken", True), words
    assert world.hook()["url"] == "https://shop.example/sendgrid"


@pytest.mark.parametrize(
    ("changes", "check", "says"),
    [
        ({"return_path": ()}, "SPF", f"the record em1001.{DOMAIN} CNAME u4711.wl.sendgrid.net is missing"),
        ({"dkim2": ()}, "DKIM", f"the record s2._domainkey.{DOMAIN} CNAME s2.domainkey.u4711"),
        ({"dmarc": ()}, "DMARC", f"add TXT _dmarc.{DOMAIN}"),
    ],
)
def test_records_that_are_missing_are_printed_as_they_have_to_be_entered(
    world: World, changes: dict[str, tuple[str, ...]], check: str, says: str
) -> None:
    world.account()
    world.answers()
    world.records = in_order(**changes)
    for found in (world.connect(), world.doctor()):
        assert (found[check][0], says in found[check][1]) == ("broken", True), found[check]
    status = world.tipsheet("status", "--json").json()
    assert f"check:{check}" in [need["cause"] for need in status["needs"]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"/events/sendgrid": leads_to("https://www.clinic.example/")}, "redirects a POST to https://www.clinic.ex"),
        ({"/u/no-link-has-this-token": leads_to("/login")}, "redirects a POST to /login and one-click unsubscribing"),
        ({"/events/sendgrid": said("are you human?", status=503)}, "answers 503 to a POST that no browser makes"),
        ({"/u/no-link-has-this-token": said("no robots", status=403)}, "answers 403 to a POST that no browser makes"),
        ({"/events/sendgrid": said("set [sendgrid] webhook_key", status=403)}, "knows no key of the web hook"),
        ({"/health": said("Welcome to our clinic")}, "/health is not Tipsheet's (status 200)"),
    ],
)
def test_what_stands_before_the_public_address(world: World, changes: dict[str, bytes], says: str) -> None:
    world.account()
    world.answers(changes)
    for found in (world.connect(), world.doctor()):
        assert (found["public address"][0], says in found["public address"][1]) == ("broken", True), found


def test_a_public_address_that_is_not_https_or_not_there(world: World) -> None:
    world.account()
    world.set("WEB__PUBLIC_URL", "http://news.clinic.example")
    assert "is not https" in world.doctor()["public address"][1]
    world.set("WEB__PUBLIC_URL", "http://127.0.0.1:8025")
    assert world.doctor()["public address"][0] == "mind"  # localgrid does not mind
    world.set("WEB__PUBLIC_URL", "https://127.0.0.1:9")
    state, words = world.doctor()["public address"]
    assert (state, "start tipsheet run and the proxy" in words) == ("broken", True), words
    world.set("WEB__PUBLIC_URL", "https://no-such-name.invalid")
    assert "add an address record" in world.doctor()["public address"][1]


def test_certificates_that_end_soon_or_fit_nothing(world: World) -> None:
    world.account()
    world.answers(days=14)
    assert (world.doctor()["certificate"][0], world.doctor()["public address"][0]) == ("mind", "ok")
    world.answers(days=3)
    state, words = world.doctor()["certificate"]
    assert (state, "nobody has renewed it" in words) == ("broken", True)
    world.env.delenv("SSL_CERT_FILE")
    state, words = world.doctor()["certificate"]
    assert (state, "is no good (self-signed certificate); renew it" in words) == ("broken", True), words


def test_the_seed_mail_goes_to_whom_it_may(world: World) -> None:
    grid = world.account()
    world.answers()
    assert world.connect("--to", "lee@example.com")["seed mail"][0] == "ok"
    assert [mail["to"] for mail in grid.mailbox()] == ["lee@example.com"]
    world.set("DELIVERY__ONLY_TO", "*@example.org")
    assert "fenced off" in world.connect()["seed mail"][1]
    world.set("DELIVERY__SEEDS", "")
    assert "nobody to send one to" in world.connect()["seed mail"][1]
    world.set("DELIVERY__PROVIDER", "files")
    assert "mails still leave through files" in world.connect()["provider"][1]


def open_checks(world: World) -> list[str]:
    needs = world.tipsheet("status", "--json").json()["needs"]
    return [need["cause"] for need in needs if need["cause"].startswith("check:")]


def names_of_checks() -> set[str]:
    """Whatever the code calls a check that doctor makes of the account, of DNS and of the public address."""
    found = {"key"}
    for module in (account, dmarc, hook, host, records):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Finding", "summed_up"):
                first = ast.unparse(node.args[0])
                found.add(getattr(module, first, first.strip("'")))
    return found - {"DNS"}  # silence is never called broken


def test_every_check_that_was_broken_is_over_when_all_is_in_order(world: World) -> None:
    connected(world)
    names = names_of_checks()
    assert {"key", "scopes", "sender", "web hook", "SPF", "DKIM", "DMARC", "public address", "certificate"} <= names
    db = Database(load().database.url)
    with db.write() as s:
        note(s, [Finding(name, "broken", "bad") for name in names])
    db.close()
    assert set(open_checks(world)) == {f"check:{name}" for name in names}
    world.doctor()
    assert open_checks(world) == []


def test_dkim_of_a_domain_that_is_authenticated_no_more_is_no_alert_of_its_own(world: World) -> None:
    world.account("--sender", f"news@{DOMAIN}")
    world.answers()
    assert world.doctor()["DKIM"] == ("mind", f"no mail is signed as {DOMAIN} until SendGrid has authenticated it")
