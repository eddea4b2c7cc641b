"""SPF, DKIM and where answers go: each record missing, wrong or weak is named with what to enter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from base.errors import BadInput
from delivery.connect.finding import Finding
from delivery.connect.records import look
from delivery.connect.resolver import Dns, Resolver, Silent
from tests.localgrid.support import running
from tests.support.domains import DOMAIN, HOME, RETURN_PATH, in_order, key_record
from tests.support.nameserver import Recorded, name_server


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """As SendGrid tells it."""
    with running(tmp_path_factory.mktemp("grid"), "--sender", DOMAIN) as grid:
        return grid.ask("GET", "/v3/whitelabel/domains").json()[0]


def found(domain: Any, resolver: Resolver, sender: str = f"news@{DOMAIN}", reply_to: str = "") -> dict[str, Finding]:
    return {one.check: one for one in look(resolver, sender, reply_to, domain)}


def test_a_domain_in_order_is_ok_by_recorded_and_by_real_answers(domain: Any) -> None:
    with name_server(in_order()) as address:
        for resolver in (Recorded(in_order()), Dns(address)):
            assert {name: one.state for name, one in found(domain, resolver).items()} == {
                "SPF": "ok",
                "DKIM": "ok",
                "DMARC": "ok",
                "replies": "ok",
            }


@pytest.mark.parametrize(
    ("check", "state", "says", "changes"),
    [
        ("SPF", "broken", f"the record {RETURN_PATH} CNAME {HOME} is missing; add it", {"return_path": ()}),
        ("SPF", "broken", f"{RETURN_PATH} is CNAME parked.example and has to be", {"return_path": ("parked.example",)}),
        ("SPF", "broken", f"{DOMAIN} has 2 SPF records", {"spf": ("v=spf1 -all", "v=spf1 a -all")}),
        ("SPF", "broken", "needs 11 look-ups and 10 are allowed", {"spf": ("v=spf1 " + "a:x.example " * 11 + "-all",)}),
        ("DKIM", "broken", f"the record s1._domainkey.{DOMAIN} CNAME s1.domainkey.{HOME} is missing", {"dkim1": ()}),
        ("DKIM", "broken", f"s2._domainkey.{DOMAIN} is CNAME elsewhere.example", {"dkim2": ("elsewhere.example",)}),
        ("DKIM", "broken", "holds no key that can be read", {"key1": ("k=rsa; p=",)}),
        ("DKIM", "broken", "holds no key that can be read", {"key1": ("k=rsa; p=bm9uc2Vuc2U=",)}),
        ("DKIM", "broken", "has 512 bits and receivers want 1024", {"key2": ("short",)}),
        ("DKIM", "mind", "has 1024 bits; 2048 are better", {"key1": ("middling",)}),
        ("DKIM", "mind", "for tests only (t=y)", {"key1": ("testing",)}),
        ("DMARC", "broken", f"add TXT _dmarc.{DOMAIN}", {"dmarc": ()}),
        ("replies", "mind", f"{DOMAIN} takes no mail", {"mx": ()}),
        ("replies", "mind", f"{DOMAIN} takes no mail", {"mx": ("",)}),
    ],
)
def test_each_record_that_is_missing_wrong_or_weak(
    domain: Any, check: str, state: str, says: str, changes: dict[str, tuple[str, ...]]
) -> None:
    keys = {"short": SHORT, "middling": key_record(1024), "testing": key_record(2048).replace("t=s", "t=y")}
    changes = {name: tuple(keys.get(one, one) for one in texts) for name, texts in changes.items()}
    findings = found(domain, Recorded(in_order(**changes)))
    assert (findings[check].state, says in findings[check].words) == (state, True), findings[check].words
    assert [name for name, one in findings.items() if one.state != "ok"] == [check]


def test_look_ups_are_counted_through_includes_and_loops_end(domain: Any) -> None:
    table = in_order(spf=("v=spf1 include:a.example -all",))
    table["a.example", "TXT"] = ("v=spf1 " + "mx:b.example " * 9 + "include:a.example -all",)
    assert "look-ups" in found(domain, Recorded(table))["SPF"].words


def test_strict_alignment_wants_the_senders_own_name(domain: Any) -> None:
    table = in_order(dmarc=("v=DMARC1; p=reject; adkim=s; rua=mailto:r@clinic.example",))
    assert found(domain, Recorded(table))["DKIM"].state == "ok"
    below = found(domain, Recorded(table), sender=f"tips@news.{DOMAIN}")["DKIM"]
    assert (below.state, "adkim=s" in below.words) == ("broken", True)


def test_the_address_for_answers_is_asked_too(domain: Any) -> None:
    findings = found(domain, Recorded(in_order()), reply_to="desk@mute.example")
    assert findings["replies"].words.startswith("mute.example takes no mail")


def test_records_of_a_domain_without_automated_security_are_asked_by_their_kind() -> None:
    domain = {
        "domain": DOMAIN,
        "dns": {
            "mail_server": {"host": f"em.{DOMAIN}", "type": "mx", "data": "mx.sendgrid.net."},
            "subdomain_spf": {"host": f"em.{DOMAIN}", "type": "txt", "data": "v=spf1 include:sendgrid.net ~all"},
            "dkim": {"host": f"m1._domainkey.{DOMAIN}", "type": "txt", "data": key_record(2048)},
        },
    }
    table = in_order()
    table[f"em.{DOMAIN}", "MX"] = ("mx.sendgrid.net",)
    table[f"em.{DOMAIN}", "TXT"] = ("v=spf1  include:sendgrid.net ~all",)
    table[f"m1._domainkey.{DOMAIN}", "TXT"] = (key_record(2048),)
    assert {one.state for one in found(domain, Recorded(table)).values()} == {"ok"}


def test_silence_is_no_missing_record(domain: Any) -> None:
    (only,) = found(domain, Recorded(in_order(), silent=True)).values()
    assert (only.check, only.state, "cannot be asked" in only.words) == ("DNS", "mind", True)


def test_a_name_server_is_named_by_its_number() -> None:
    with pytest.raises(BadInput, match="no address of a name server"):
        Dns("ns.example.com")


def test_a_name_server_that_is_not_there_is_asked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("delivery.connect.resolver.SECONDS", 0.2)
    dead = Dns("127.0.0.1:9")
    for _ in range(2):
        with pytest.raises(Silent):
            dead.ask("clinic.example", "TXT")


# 512 bits: no library makes such a key any more.
SHORT = (
    "k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMx1rT7bV5NtZzxoPzYc0E3kNyw1+Tn2cEo0VZb8gP2w4lqz0nJk7v5d"
    "Jm0vB2h4hT8kqYl0v2p9sWm0w0gWZ3kCAwEAAQ=="
)
