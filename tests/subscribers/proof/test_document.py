"""One person's proof: complete, checkable by anybody, and ours by its signature."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text

from base.database import Database
from base.errors import BadInput, NotFound
from subscribers import consent
from subscribers.keys import Keys
from subscribers.proof import seals
from subscribers.proof.document import Document, prove
from subscribers.proof.evidence import Shown, evidence_id, sealed
from subscribers.proof.signing import check, public_key, sign
from subscribers.suppression import suppress
from tests.support.people import EVIDENCE, a_list, a_person

SHOWN = Shown("Yes, send me tips.", "en", "Larkfield Physiotherapy, 1 Hill Road", "https://example.com/privacy")
OTHER = Keys(address=b"o" * 32, links=(b"L" * 32,))


@pytest.fixture
def proof(db: Database, keys: Keys) -> Document:
    """Of Ann, who confirmed, allows opens to be seen, left and had somebody else's rows beside hers."""
    with db.write() as s:
        tips = a_list(s).id
        a_list(s, "news")
        ann = a_person(s, keys, list_slug="news")
        a_person(s, keys, "bob@example.com")
        asked = evidence_id(s, how="form", wording=SHOWN, source="/join v1", actor="visitor", jurisdiction="DE")
        consent.confirm_sign_up(
            s,
            ann,
            tips,
            asked_at=datetime(2026, 11, 1, tzinfo=UTC),
            evidence_id=asked,
            personal=sealed({"address": "Ann@example.com", "ip": "192.0.2.7"}).personal,
            confirm_source="the link in the mail",
            actor="visitor",
            opens=True,
        )
    seals.seal(db)
    with db.write() as s:
        consent.opt_out(s, address_key=ann.address_key, list_id=tips, **EVIDENCE)
    with db.read() as s:
        return prove(s, keys, "ANN@example.com")


def test_a_proof_says_who_what_when_how_and_on_which_wording(proof: Document) -> None:
    told = [(row["list"], row["purpose"], row["state"], row["seal"], row["proved"]) for row in proof["consents"]]
    assert told == [
        ("news", "marketing", "confirmed", 1, True),
        ("tips", "marketing", "pending", 1, True),
        ("tips", "marketing", "confirmed", 1, True),
        ("tips", "open tracking", "confirmed", 1, True),
        ("tips", "marketing", "withdrawn", None, False),
    ]
    asked, confirmed = proof["consents"][1:3]
    assert (asked["at"], asked["how"], confirmed["how"]) == ("2026-11-01T00:00:00.000Z", "form", "confirmation")
    assert (confirmed["source"], confirmed["jurisdiction"]) == ("the link in the mail", "DE")
    assert confirmed["wording"]["controller"] == SHOWN.controller
    assert json.loads(asked["personal"]) == {"address": "Ann@example.com", "ip": "192.0.2.7"}
    assert {each["list"]: each["state"] for each in proof["holds"]} == {"news": "confirmed", "tips": "withdrawn"}
    assert [stop["reason"] for stop in proof["stops"]] == ["opt-out"]
    assert "bob" not in json.dumps(proof)


def test_a_withdrawal_says_by_when_it_had_to_be_honoured_and_when_it_was(proof: Document) -> None:
    left = proof["consents"][-1]
    at, by = (datetime.fromisoformat(left[name]) for name in ("honoured_at", "honour_by"))
    assert (by - at).total_seconds() == 48 * 3600
    assert left["honoured_at"] == left["at"]
    assert proof["consents"][0]["honour_by"] is None


def test_a_signed_proof_is_checked_without_a_database(proof: Document, keys: Keys) -> None:
    file = sign(keys, proof)
    checked = check(file, keys)
    assert (checked.findings, checked.is_ours, checked.public_key) == ((), True, public_key(keys))
    assert check(file, OTHER).is_ours is False
    assert check(file, None).is_ours is None


def test_anybody_can_check_the_signature_with_other_tools(proof: Document, keys: Keys) -> None:
    signed = json.loads(sign(keys, proof))
    said = json.dumps(signed["proof"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed["public_key"]))
    key.verify(bytes.fromhex(signed["signature"]), said)


@pytest.mark.parametrize(
    ("where", "value", "sentence"),
    [
        (("consents", 1, "state"), "confirmed", "Row 3 is not what its hash says"),
        (("consents", 1, "wording", "text"), "Yes to all", "The wording of row 3"),
        (("consents", 1, "source"), "elsewhere", "The evidence of row 3"),
        (("consents", 1, "personal"), "{}", "The personal part of row 3"),
        (("consents", 1, "hash"), "00", "Row 3 is not under seal 1"),
        (("seals", 0, "at_ms"), 5, "Seal 1 is not the hash of its rows"),
        (("address",), "bob@example.com", "The signature does not fit"),
    ],
)
def test_what_was_changed_in_a_file_is_named(
    proof: Document, keys: Keys, where: tuple[Any, ...], value: object, sentence: str
) -> None:
    signed: Any = json.loads(sign(keys, proof))
    place = signed["proof"]
    for name in where[:-1]:
        place = place[name]
    place[where[-1]] = value
    findings = check(json.dumps(signed).encode(), keys).findings
    assert "The signature does not fit: this was changed" in findings
    assert any(sentence in words for words in findings)


@pytest.mark.parametrize("file", [b"", b"{", b"[]", b"null", b'{"proof": 1}', b'{"proof": {"kind": "x"}}', b"\xff"])
def test_what_is_no_proof_is_told(file: bytes, keys: Keys) -> None:
    with pytest.raises(BadInput, match="no proof"):
        check(file, keys)


def test_a_row_that_was_changed_proves_no_more(db: Database, keys: Keys, proof: Document) -> None:
    with db.write() as s:
        s.execute(text("UPDATE consents SET at = at - 1 WHERE id = 3"))
        assert [row["proved"] for row in prove(s, keys, "ann@example.com")["consents"]] == [False] * 5
    assert proof["consents"][1]["proved"]


def test_erased_personal_parts_prove_on(db: Database, keys: Keys, proof: Document) -> None:
    with db.write() as s:
        s.execute(text("UPDATE consents SET personal = '', salt = NULL"))
        again = prove(s, keys, "ann@example.com")
    assert [row["proved"] for row in again["consents"]] == [True] * 4 + [False]
    assert check(sign(keys, again), keys).findings == ()


def test_of_an_address_that_nobody_holds_the_stops_are_told(db: Database, keys: Keys) -> None:
    with db.write() as s:
        with pytest.raises(NotFound, match="Nothing is known"):
            prove(s, keys, "gone@example.com")
        ann = a_person(s, keys, list_slug=a_list(s).slug)
        suppress(s, ann.address_key, "erasure", source="test")
        s.execute(text("UPDATE subscribers SET address_key = wide_key, email = '' WHERE wide_key IS NOT NULL"))
        assert [stop["reason"] for stop in prove(s, keys, "ann@example.com")["stops"]] == ["erasure"]
