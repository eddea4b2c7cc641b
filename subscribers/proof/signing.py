"""Proofs as files that only this installation can have made, and what anybody can check of one without a database."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from base.errors import BadInput
from subscribers.keys import Keys
from subscribers.proof.document import KIND, Document
from subscribers.proof.evidence import content_hash, digest
from subscribers.proof.seals import Cover, Row, chain_hash, row_hashes, sealing

_LONGEST = 64 << 20


@dataclass(frozen=True)
class Checked:
    """What a signed file says, and what of it is not so."""

    proof: Document
    public_key: str
    is_ours: bool | None  # None: there are no keys here to compare with
    findings: tuple[str, ...]


def public_key(keys: Keys) -> str:
    return _private(keys).public_key().public_bytes_raw().hex()


def sign(keys: Keys, proof: Document) -> bytes:
    """The file. What is signed is the proof as JSON with sorted keys and without white space, in UTF-8."""
    signature = _private(keys).sign(_canonical(proof)).hex()
    signed = {"proof": proof, "public_key": public_key(keys), "signature": signature}
    return orjson.dumps(signed, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def check(file: bytes, keys: Keys | None) -> Checked:
    """Raises BadInput for what is no such file."""
    try:
        signed = orjson.loads(file if len(file) <= _LONGEST else b"")
        proof, key, signature = signed["proof"], signed["public_key"], bytes.fromhex(signed["signature"])
        if proof["kind"] != KIND:
            raise ValueError
        findings = [] if _is_signed(proof, key, signature) else ["The signature does not fit: this was changed"]
        findings += [words for row in proof["consents"] for words in _row(row)]
        findings += [words for seal in proof["seals"] for words in _seal(seal, proof)]
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise BadInput("This is no proof that tipsheet consent proof --file wrote") from cause
    return Checked(proof, key, None if keys is None else key == public_key(keys), tuple(findings))


def _private(keys: Keys) -> Ed25519PrivateKey:
    """No file of its own: whoever has the address key, which never changes and is kept anyway, has this one."""
    derived = HKDF(SHA256(), 32, salt=None, info=b"tipsheet consent proof").derive(keys.address)
    return Ed25519PrivateKey.from_private_bytes(derived)


def _canonical(proof: Document) -> bytes:
    return orjson.dumps(proof, option=orjson.OPT_SORT_KEYS)


def _is_signed(proof: Document, key: str, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, _canonical(proof))
    except InvalidSignature:
        return False
    return True


def _row(row: Document) -> list[str]:
    """Everything that a reader sees must be what was hashed."""
    if row["evidence"] is None:
        return [f"The evidence of row {row['row']} is gone"]
    wording, found = row["wording"], []
    shown = (wording["text"], wording["language"], wording["controller"], wording["privacy_url"])
    if wording["version"] != content_hash(*shown):
        found.append(f"The wording of row {row['row']} is not the text that it was")
    facts = (row["how"], wording["version"], row["source"], row["actor"], row["jurisdiction"])
    if row["evidence"] != content_hash(*facts):
        found.append(f"The evidence of row {row['row']} is not what it was")
    if row["salt"] and digest(bytes.fromhex(row["salt"]), row["personal"]).hex() != row["digest"]:
        found.append(f"The personal part of row {row['row']} was changed")
    if row["hash"] != _hash(row):
        found.append(f"Row {row['row']} is not what its hash says")
    return found


def _hash(row: Document) -> str:
    sealed = bytes.fromhex(row["digest"]) if row["digest"] else None
    will = (row["purpose"], row["state"], row["at_ms"], row["voids"])
    columns = Row(row["row"], row["subscriber"], row["list_id"], *will, 0, row["personal"], None, sealed)
    return row_hashes([columns], {0: row["evidence"].encode()})[0].hex()


def _seal(seal: Document, proof: Document) -> list[str]:
    """A seal must be the hash of its rows' hashes, and theirs must be among them."""
    found = []
    hashes = [bytes.fromhex(each) for each in seal["row_hashes"]]
    again = sealing(seal["before"], Cover(seal["last_consent"], seal["rows"], seal["at_ms"]), hashes)
    if chain_hash(again) != seal["hash"]:
        found.append(f"Seal {seal['seal']} is not the hash of its rows")
    mine = [row for row in proof["consents"] if row["seal"] == seal["seal"]]
    missing = [row["row"] for row in mine if row["hash"] not in seal["row_hashes"]]
    return found + [f"Row {row} is not under seal {seal['seal']}" for row in missing]
