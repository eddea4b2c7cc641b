"""DMARC by RFC 9989: which record holds for a domain, found by walking up the tree, and what is to be said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from delivery.connect.finding import Finding, summed_up
from delivery.connect.resolver import Resolver

POLICIES = ("none", "quarantine", "reject")
REMOVED = ("pct", "rf", "ri")  # by RFC 9989; receivers ignore them
REPORTS, REPORTS_TO = "rua=mailto:", "dmarc@"  # of the record that is proposed; the domain follows
_WALK_LABELS = 8  # longer names jump to seven labels after the first question (RFC 9989 section 4.10)
_VERSION = re.compile(r"v\s*=\s*DMARC1\s*(;|$)")


@dataclass(frozen=True)
class Record:
    at: str  # the domain, without _dmarc
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Policy:
    """What a receiver finds for mail from a domain."""

    record: Record | None
    word: str  # none, quarantine or reject, as it holds for this very domain
    organisation: str  # whose domain it is: identities below the same one are aligned
    crowded: str = ""  # a name that holds several records, so that none counts


def look(resolver: Resolver, domain: str, *, exists: bool) -> Finding:
    """`exists`: whether the domain has an address or takes mail; for others np holds."""
    policy = discover(resolver, domain, exists=exists)
    if policy.crowded:
        return Finding("DMARC", "broken", f"_dmarc.{policy.crowded} has several records, so none counts; keep one")
    if policy.record is None:
        return Finding(
            "DMARC",
            "broken",
            f"no record says how to treat mail from {domain}; add TXT _dmarc.{domain} "
            f'"v=DMARC1; p=none; {REPORTS}{REPORTS_TO}{domain}"',
        )
    found = policy.record
    said = f"_dmarc.{found.at} asks for {policy.word}"
    return summed_up("DMARC", (), [f"_dmarc.{found.at} {one}" for one in _remarks(found, policy.word)], said)


def discover(resolver: Resolver, domain: str, *, exists: bool) -> Policy:
    found, crowded = _walk(resolver, domain)
    organisation = _organisation(found, domain)
    by_name = {record.at: record for record in found}
    if domain in by_name:
        return Policy(by_name[domain], _policy(by_name[domain], "p"), organisation)
    record = by_name.get(organisation) or (found[-1] if found else None)
    if record is None or (crowded and crowded == domain):
        return Policy(None, "none", organisation, crowded)
    return Policy(record, _policy(record, *(("sp", "p") if exists else ("np", "sp", "p"))), organisation)


def is_strict(policy: Policy, tag: str) -> bool:
    """adkim or aspf: must the two names be the same to the letter?"""
    return policy.record is not None and policy.record.tags.get(tag, "r").lower() == "s"


def _walk(resolver: Resolver, domain: str) -> tuple[list[Record], str]:
    """The records from the domain upwards, and the first name that holds several."""
    found, crowded = [], ""
    for name in _names(domain):
        texts = [text for text in resolver.ask(f"_dmarc.{name}", "TXT") if _VERSION.match(text)]
        if len(texts) > 1:
            crowded = crowded or name
        if len(texts) == 1:
            found.append(Record(name, _tags(texts[0])))
            if found[-1].tags.get("psd", "u").lower() in ("y", "n"):
                break
    return found, crowded


def _names(domain: str) -> list[str]:
    labels = domain.lower().rstrip(".").split(".")
    rest = labels[1:] if len(labels) < _WALK_LABELS else labels[-(_WALK_LABELS - 1) :]
    return [".".join(labels), *(".".join(rest[n:]) for n in range(len(rest)))]


def _organisation(found: list[Record], domain: str) -> str:
    for record in found:
        if record.tags.get("psd", "").lower() == "n":
            return record.at
        if record.tags.get("psd", "").lower() == "y" and record.at != domain:
            below = len(record.at.split(".")) + 1
            return ".".join(domain.split(".")[-below:])
    return found[-1].at if found else domain


def _tags(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _policy(record: Record, *tags: str) -> str:
    """The first of these tags that is there; what cannot be read counts as none."""
    word = next((record.tags[tag].lower() for tag in tags if tag in record.tags), "none")
    return word if word in POLICIES else "none"


def _remarks(record: Record, word: str) -> list[str]:
    tags, remarks = record.tags, []
    if tags.get("p", "").lower() not in POLICIES:
        remarks.append("has no p that can be read, which counts as none; write p=none, quarantine or reject")
    elif word == "none":
        remarks.append(
            "asks for none, so that anyone may write in your name; read the reports, then ask for quarantine"
        )
    if gone := [tag for tag in REMOVED if tag in tags]:
        remarks.append(f"uses {', '.join(gone)}, which RFC 9989 removed; take it out")
    if "rua" not in tags:
        remarks.append("names no rua, so nobody gets the reports; add rua=mailto:…")
    if tags.get("t", "n").lower() == "y":
        remarks.append("has t=y, so that receivers do less than it says; take it out when the reports are clean")
    for tag in ("sp", "np"):
        if tags.get(tag, "").lower() == "none" and tags.get("p", "").lower() in ("quarantine", "reject"):
            remarks.append(f"lets anyone write in the name of a subdomain ({tag}=none); ask there for what p asks")
    return remarks
