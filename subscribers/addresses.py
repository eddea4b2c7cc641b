"""Reading an email address, and the key its suppressions are kept under. No network, no mailbox checks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from email_validator import EmailNotValidError, validate_email

from base.errors import BadInput
from subscribers.keys import Keys

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?![A-Za-z0-9]{2}--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = rf"{_ATOM}(?:\.{_ATOM})*"
_DOMAIN = rf"(?:{_LABEL}\.)+[A-Za-z]{{2,63}}"
_PLAIN = re.compile(rf"({_LOCAL})@({_DOMAIN})")
# Nothing of it is written in another way: all lower-case, and together no longer than what stands before the @ may be.
_COMMON = re.compile(f"^{_LOCAL}@{_DOMAIN}$".replace("A-Z", ""), re.MULTILINE)
_LONGEST = 254
_LONGEST_LOCAL = 64
_GMAIL = ("@gmail.com", "@googlemail.com")
_BLOCK = 64  # bytes that SHA-256 takes at once


class Address(NamedTuple):
    typed: str  # as given, without what cannot be seen
    ascii: str  # what is mailed: local part as typed, domain lower-case and in ASCII
    canonical: str  # what tells two addresses apart: all lower-case


def parse_address(text: str) -> Address:
    """Raises BadInput. Nothing is guessed: dots and +tags stay, they may be another mailbox."""
    typed = text if text.isascii() and text.isprintable() else _visible(text)
    typed = typed.strip()
    plain = _PLAIN.fullmatch(typed)
    if plain is None or len(typed) > _LONGEST or (len(typed) > _LONGEST_LOCAL and len(plain[1]) > _LONGEST_LOCAL):
        return _parse_unusual(typed)
    if typed.islower():
        return Address(typed, typed, typed)
    ascii_form = f"{plain[1]}@{plain[2].lower()}"
    return Address(typed, ascii_form, ascii_form.lower())


def common_among(texts: Sequence[str]) -> set[str]:
    """Those that parse_address gives back as they are, which most do: found together in a fifth of the time."""
    lines = _COMMON.findall("\n".join(texts))  # of a text with a line break in it one line may look like an address
    return {text for text in set(texts).intersection(lines) if len(text) <= _LONGEST_LOCAL}


def address_key(keys: Keys, address: Address | str) -> bytes:
    """The same 32 bytes for every way to write an address; only the secret tells whose they are."""
    canonical = (parse_address(address) if isinstance(address, str) else address).canonical
    return address_keys(keys, [canonical])[0]


def address_keys(keys: Keys, canonical: Sequence[str]) -> list[bytes]:
    """The same for many addresses in their canonical form."""
    return _keyed(keys.address, canonical)


def wide_key(keys: Keys, address: Address | str) -> bytes | None:
    """The key of the mailbox behind a Gmail address, where dots, +tags and googlemail.com make no difference.

    A stop under it also stops the other ways to write the address. None for every other domain: nothing is guessed.
    """
    canonical = (parse_address(address) if isinstance(address, str) else address).canonical
    return wide_keys(keys, [canonical])[0]


def wide_keys(keys: Keys, canonical: Sequence[str]) -> list[bytes | None]:
    """The same for many addresses in their canonical form."""
    behind = [each for each in canonical if each.endswith(_GMAIL)]
    found = dict(zip(behind, _keyed(keys.address, map(_mailbox, behind)), strict=True))
    return list(map(found.get, canonical))


def _mailbox(gmail: str) -> str:
    local = gmail.rpartition("@")[0].partition("+")[0]
    return f"{local.replace('.', '')}@gmail.com"


def _keyed(secret: bytes, texts: Iterable[str]) -> list[bytes]:
    """HMAC-SHA256. With both hashes begun once it takes a quarter of the time, and an import makes a million."""
    inner, outer = _begun(secret)
    found = []
    for text in texts:
        begun, rest = inner.copy(), outer.copy()
        begun.update(text.encode("ascii"))
        rest.update(begun.digest())
        found.append(rest.digest())
    return found


@lru_cache(8)
def _begun(secret: bytes) -> tuple[Any, Any]:
    block = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in block)) for pad in (0x36, 0x5C))
    return inner, outer


def _visible(text: str) -> str:
    """Composed, and without zero-width and direction marks, which come along when an address is pasted."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")


def _parse_unusual(typed: str) -> Address:
    """What the pattern does not know: international domains, and everything that is to be refused."""
    shown = ascii(typed[:80])
    if not typed:
        raise BadInput("The email address is empty; give one like name@example.com")
    if "@" in typed and not typed.rpartition("@")[0].isascii():
        raise BadInput(f"{shown} has letters before the @ that mail providers refuse; ask for an address without")
    try:
        valid = validate_email(typed[: _LONGEST + 2], check_deliverability=False, allow_smtputf8=False, strict=True)
    except (EmailNotValidError, ValueError) as cause:
        raise BadInput(f"{shown} is no email address; give one like name@example.com") from cause
    ascii_form = f"{valid.local_part}@{valid.ascii_domain.lower()}"
    return Address(typed, ascii_form, ascii_form.lower())
