"""What the account owns: its senders, domains and the rights of its key, as the specifications have them."""

from __future__ import annotations

from pathlib import Path

from jsonschema import Draft202012Validator

from tests.localgrid.support import CONTRACT, conform, running, schema_of

SETTINGS = "/v3/user/webhooks/event/settings"
DOMAINS = "tsg_domain_authentication_v3.json", "components", "schemas", "AuthenticatedDomain"


def test_the_specifications_refuse_what_is_no_domain() -> None:
    schema = schema_of(*DOMAINS)
    assert not Draft202012Validator(schema).is_valid({})
    assert (CONTRACT / "LICENSE").read_text().startswith("MIT License")


def test_domains_are_listed_with_their_records(tmp_path: Path) -> None:
    with running(tmp_path, "--sender", "larkfield.example", "--pending", "new.example") as grid:
        listed = grid.ask("GET", "/v3/whitelabel/domains").json()
        for one in listed:
            conform(one, schema_of(*DOMAINS))
        assert [(one["domain"], one["valid"]) for one in listed] == [
            ("larkfield.example", True),
            ("new.example", False),
        ]
        assert [one["host"] for one in listed[0]["dns"].values()] == [
            "em1001.larkfield.example",
            "s1._domainkey.larkfield.example",
            "s2._domainkey.larkfield.example",
        ]
        assert grid.ask("GET", "/v3/whitelabel/domains?limit=1&offset=1").json() == listed[1:]
        assert grid.ask("GET", "/v3/whitelabel/domains?domain=new").json() == listed[1:]
        assert grid.ask("GET", "/v3/whitelabel/domains/2").json() == listed[1]
        assert grid.ask("GET", "/v3/whitelabel/domains/3").status == 404
        assert grid.ask("GET", "/v3/whitelabel/domains?limit=many").status == 400


def test_senders_are_listed_in_pages(tmp_path: Path) -> None:
    schema = schema_of("tsg_verified_senders_v3.json", "components", "schemas", "VerifiedSenderResponse")
    options = ("--sender", "a@example.com", "--sender", "example.org", "--pending", "b@example.com")
    with running(tmp_path, *options) as grid:
        found = grid.ask("GET", "/v3/verified_senders").json()["results"]
        for one in found:
            conform(one, schema)
        assert [(one["from_email"], one["verified"]) for one in found] == [
            ("a@example.com", True),
            ("b@example.com", False),
        ]
        assert grid.ask("GET", f"/v3/verified_senders?lastSeenID={found[0]['id']}").json()["results"] == found[1:]
        assert grid.ask("GET", "/v3/verified_senders?limit=1").json()["results"] == found[:1]


def test_a_sender_that_waits_for_its_proof_may_not_send(tmp_path: Path) -> None:
    with running(tmp_path, "--pending", "example.com") as grid:
        assert grid.send("anna@example.org").status == 403
        assert grid.send("anna@example.org", **{"from": {"email": "news@example.org"}}).status == 202


def test_a_key_may_do_what_its_scopes_say(tmp_path: Path) -> None:
    with running(tmp_path, "--scope", "mail.send") as grid:
        assert grid.ask("GET", "/v3/scopes").json() == {"scopes": ["mail.send"]}
        assert grid.send("anna@example.org").status == 202
        for method, path in (
            ("GET", "/v3/whitelabel/domains"),
            ("GET", "/v3/verified_senders"),
            ("GET", f"{SETTINGS}/all"),
            ("POST", SETTINGS),
            ("POST", "/v3/logs"),
            ("GET", "/v3/suppression/bounces"),
            ("DELETE", "/v3/asm/suppressions/global/anna@example.org"),
            ("POST", "/v3/mail/batch"),
        ):
            answer = grid.ask(method, path)
            assert (answer.status, answer.json()["errors"][0]["message"]) == (403, "access forbidden"), path


def test_a_new_account_signs_nothing_until_it_is_told_to(tmp_path: Path) -> None:
    with running(tmp_path) as grid:
        hook = grid.ask("POST", SETTINGS, {"url": "http://127.0.0.1:9/hook"}).json()
        assert hook["public_key"] == ""
        assert grid.ask("PATCH", f"{SETTINGS}/signed/{hook['id']}", {"enabled": True}).json()["public_key"]
