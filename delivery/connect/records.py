"""The DNS records that mail from SendGrid needs: SPF, DKIM, and where answers go. DMARC is in dmarc.py."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from delivery.connect import dmarc
from delivery.connect.finding import Finding, summed_up
from delivery.connect.resolver import Resolver, Silent

MOST_LOOK_UPS = 10  # RFC 7208 section 4.6.4: with more, SPF fails for everybody
SHORT_KEY, GOOD_KEY = 1024, 2048  # bits; shorter is refused, good is good
_RETURN_PATH = ("mail_cname", "subdomain_spf", "mail_server")
_DKIM = ("dkim1", "dkim2", "dkim")
_LOOKS_UP = re.compile(r"[+?~-]?(include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr(?::|$)|exists:)|redirect=", re.IGNORECASE)
_LEADS_ON = re.compile(r"(?:[+?~-]?include:|redirect=)(\S+)", re.IGNORECASE)


def look(resolver: Resolver, from_email: str, reply_to: str, domain: dict[str, Any] | None) -> list[Finding]:
    """`domain`: what SendGrid says of the one it signs for; {} where it has none, None where it did not say."""
    try:
        return _look(resolver, from_email.rpartition("@")[2].lower(), reply_to.rpartition("@")[2].lower(), domain)
    except Silent as cause:
        return [Finding("DNS", "mind", f"cannot be asked ({cause}), so SPF, DKIM and DMARC are unknown; ask again")]


def _look(resolver: Resolver, sender: str, answers: str, domain: dict[str, Any] | None) -> list[Finding]:
    wanted: dict[str, Any] = (domain or {}).get("dns") or {}
    takes_mail = _takes_mail(resolver, sender)
    found = [_spf(resolver, sender, [wanted[name] for name in _RETURN_PATH if name in wanted])]
    if domain:
        found.append(_dkim(resolver, sender, domain, [wanted[name] for name in _DKIM if name in wanted]))
    elif domain is not None:
        found.append(Finding("DKIM", "mind", f"no mail is signed as {sender} until SendGrid has authenticated it"))
    found.append(dmarc.look(resolver, sender, exists=takes_mail))
    mute = [name for name in dict.fromkeys((sender, answers)) if name and not _takes_mail(resolver, name)]
    words = f"{' and '.join(mute)} takes no mail, so answers come back; add an MX record, or set [delivery] reply_to"
    return [*found, summed_up("replies", (), [words] if mute else [], f"{answers or sender} takes mail")]


def _takes_mail(resolver: Resolver, domain: str) -> bool:
    exchanges = resolver.ask(domain, "MX")
    return any(exchanges) if exchanges else bool(resolver.ask(domain, "A") or resolver.ask(domain, "AAAA"))


def _spf(resolver: Resolver, sender: str, wanted: list[dict[str, Any]]) -> Finding:
    """SPF is asked of the Return-Path, a name that SendGrid keeps; the sender's own record must not do harm."""
    broken = [words for record in wanted if (words := _missing(resolver, record))]
    if wanted and not broken and not _spf_of(resolver, wanted[0]["host"]):
        broken.append(f"{wanted[0]['host']} leads to no SPF record; verify the domain again in SendGrid")
    own = _spf_of(resolver, sender)
    if len(own) > 1:
        broken.append(f"{sender} has {len(own)} SPF records, so none counts; make them one")
    elif own and (asks := _look_ups(resolver, own[0])) > MOST_LOOK_UPS:
        broken.append(f"the SPF record of {sender} needs {asks} look-ups and {MOST_LOOK_UPS} are allowed; shorten it")
    where = f"of {wanted[0]['host']}" if wanted else "of SendGrid's own domain, as yours is not authenticated"
    return summed_up("SPF", broken, (), f"the record {where} counts")


def _spf_of(resolver: Resolver, name: str) -> list[str]:
    return [text for text in resolver.ask(name, "TXT") if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]


def _look_ups(resolver: Resolver, record: str, deep: int = 0) -> int:
    terms = record.split()[1:]
    asks = sum(1 for term in terms if _LOOKS_UP.match(term))
    for term in terms:
        if (leads := _LEADS_ON.match(term)) and deep < MOST_LOOK_UPS and "%" not in leads[1]:
            asks += sum(_look_ups(resolver, one, deep + 1) for one in _spf_of(resolver, leads[1]))
        if asks > 3 * MOST_LOOK_UPS:
            break
    return asks


def _dkim(resolver: Resolver, sender: str, domain: dict[str, Any], wanted: list[dict[str, Any]]) -> Finding:
    broken = [words for record in wanted if (words := _missing(resolver, record))]
    minded: list[str] = []
    if not broken:
        for record in wanted:
            _judge_key(resolver, str(record["host"]), broken, minded)
    signer = str(domain.get("domain", "")).lower()
    policy = dmarc.discover(resolver, sender, exists=True)
    if sender != signer and dmarc.is_strict(policy, "adkim"):
        broken.append(
            f"SendGrid signs as {signer} and DMARC of {sender} allows its own name only (adkim=s); "
            f"authenticate {sender} in SendGrid or write adkim=r"
        )
    return summed_up("DKIM", broken, minded, f"mails are signed as {signer}")


def _missing(resolver: Resolver, record: dict[str, Any]) -> str:
    """What is to be entered; '' when it is there."""
    kind, host, data = (str(record.get(name, "")) for name in ("type", "host", "data"))
    kind, host, data = kind.upper(), host.rstrip(".").lower(), data.rstrip(".")
    there = resolver.ask(host, kind)
    if _plain(data) in map(_plain, there):
        return ""
    if there:
        return f"{host} is {kind} {there[0]} and has to be {kind} {data}; change it where your DNS is kept"
    return f"the record {host} {kind} {data} is missing; add it where your DNS is kept, without any proxy before it"


def _plain(text: str) -> str:
    return "".join(text.split()).lower()


def _judge_key(resolver: Resolver, host: str, broken: list[str], minded: list[str]) -> None:
    parts = (part.partition("=") for text in resolver.ask(host, "TXT") for part in text.replace(" ", "").split(";"))
    tags = {name: value for name, _, value in parts}
    bits = _bits(tags.get("p", ""), tags.get("k", "rsa"))
    if not bits:
        broken.append(f"{host} holds no key that can be read; verify the domain again in SendGrid")
    elif bits < SHORT_KEY:
        broken.append(f"the key at {host} has {bits} bits and receivers want {SHORT_KEY}; make a new one in SendGrid")
    elif bits < GOOD_KEY:
        minded.append(f"the key at {host} has {bits} bits; {GOOD_KEY} are better")
    if "y" in tags.get("t", "").split(":"):
        minded.append(f"the key at {host} says that it is for tests only (t=y); take that out")


def _bits(text: str, kind: str) -> int:
    """How long the key is; 0 for none."""
    try:
        raw = base64.b64decode(text, validate=True)
        if kind.lower() == "ed25519":
            return GOOD_KEY if len(raw) == 32 else 0
        key = load_der_public_key(raw)
    except (binascii.Error, ValueError):
        return 0
    return key.key_size if isinstance(key, RSAPublicKey) else 0
