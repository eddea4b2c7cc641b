"""DMARC by RFC 9989: the walk up the tree, which tag holds for whom, and what is said of a record."""

from __future__ import annotations

import pytest

from delivery.connect.dmarc import discover, look
from tests.support.nameserver import Recorded

GOOD = "v=DMARC1; p=reject; rua=mailto:r@example.com"


def policy(domain: str, *, exists: bool = True, **records: str | tuple[str, ...]) -> tuple[str, str, str]:
    """Word, where the record stands, organisation. Keys: names with __ for dots."""
    found = discover(resolver(**records), domain, exists=exists)
    return found.word, found.record.at if found.record else "", found.organisation


def resolver(**records: str | tuple[str, ...]) -> Recorded:
    table = {
        ("_dmarc." + name.replace("__", "."), "TXT"): (text,) if isinstance(text, str) else text
        for name, text in records.items()
    }
    return Recorded(table)


@pytest.mark.parametrize(
    ("record", "exists", "word"),
    [
        ("v=DMARC1; p=reject", True, "reject"),
        ("v=DMARC1; p=reject; sp=quarantine", True, "quarantine"),
        ("v=DMARC1; p=reject; sp=quarantine; np=none", True, "quarantine"),
        ("v=DMARC1; p=reject; sp=quarantine; np=none", False, "none"),
        ("v=DMARC1; p=reject; sp=quarantine", False, "quarantine"),
        ("v=DMARC1; rua=mailto:r@example.com", True, "none"),
        ("v=DMARC1; sp=banish; p=reject", True, "none"),
        ("v=DMARC1;np=reject ;  SP=None;p=quarantine", True, "none"),
    ],
)
def test_a_subdomain_is_treated_as_sp_and_np_say(record: str, exists: bool, word: str) -> None:
    assert policy("news.example.com", exists=exists, example__com=record) == (word, "example.com", "example.com")


def test_the_domains_own_record_wins() -> None:
    found = policy(
        "news.example.com", news__example__com="v=DMARC1; p=none", example__com="v=DMARC1; p=reject; sp=reject"
    )
    assert found == ("none", "news.example.com", "example.com")


def test_psd_ends_the_walk_and_tells_whose_domain_it_is() -> None:
    above = "v=DMARC1; p=reject; psd=y"
    assert policy("a.b.clinic.bank", bank=above) == ("reject", "bank", "clinic.bank")
    assert policy("a.clinic.bank", clinic__bank="v=DMARC1; p=none", bank=above) == (
        "none",
        "clinic.bank",
        "clinic.bank",
    )
    own = "v=DMARC1; p=none; psd=n"
    assert policy("a.dept.example.com", dept__example__com=own, example__com=GOOD)[2] == "dept.example.com"


def test_the_walk_asks_eight_names_at_most() -> None:
    asked = resolver()
    discover(asked, "a.b.c.d.e.f.g.h.i.example.com", exists=True)
    names = [name.removeprefix("_dmarc.") for name, _ in asked.asked]
    assert names[:3] == ["a.b.c.d.e.f.g.h.i.example.com", "e.f.g.h.i.example.com", "f.g.h.i.example.com"]
    assert (len(names), names[-1]) == (8, "com")


def test_a_domain_without_any_record_is_told_which_to_add() -> None:
    found = look(resolver(), "clinic.example", exists=True)
    assert found.state == "broken"
    assert 'add TXT _dmarc.clinic.example "v=DMARC1; p=none; rua=mailto:dmarc@clinic.example"' in found.words


def test_two_records_count_as_none() -> None:
    found = look(resolver(clinic__example=(GOOD, "v=DMARC1; p=none")), "clinic.example", exists=True)
    assert (found.state, found.words) == (
        "broken",
        "_dmarc.clinic.example has several records, so none counts; keep one",
    )
    ours = look(resolver(clinic__example=(GOOD, "some other text")), "clinic.example", exists=True)
    assert ours.state == "ok"


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ("v=DMARC1; p=none; rua=mailto:r@example.com", "asks for none"),
        ("v=DMARC1; rua=mailto:r@example.com", "has no p that can be read, which counts as none"),
        ("v=DMARC1; p=reject; pct=50; ri=3600; rua=mailto:r@example.com", "uses pct, ri, which RFC 9989 removed"),
        ("v=DMARC1; p=reject", "names no rua"),
        ("v=DMARC1; p=reject; t=y; rua=mailto:r@example.com", "has t=y"),
        ("v=DMARC1; p=reject; np=none; rua=mailto:r@example.com", "(np=none)"),
    ],
)
def test_each_weakness_is_named_with_its_cure(record: str, says: str) -> None:
    found = look(resolver(example__com=record), "example.com", exists=True)
    assert (found.state, says in found.words) == ("mind", True), found.words


def test_a_good_record_is_ok() -> None:
    assert look(resolver(example__com=GOOD), "example.com", exists=True).state == "ok"
