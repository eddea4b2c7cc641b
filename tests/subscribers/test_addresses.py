from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from base.errors import BadInput
from subscribers.addresses import Address, address_key, common_among, parse_address
from subscribers.keys import Keys

LABEL = "a" * 63


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Lee+Tips@Example.COM\n", "Ann.Lee+Tips@example.com"),
        ("\u200bann@example.com\ufeff", "ann@example.com"),
        ("ann\u00ad@example.com", "ann@example.com"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("o'neil_{x}!#$%&*/=?^`|~-@sub.example.co.uk", "o'neil_{x}!#$%&*/=?^`|~-@sub.example.co.uk"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_an_address_keeps_its_local_part_and_gets_a_plain_domain(typed: str, mailed: str) -> None:
    address = parse_address(typed)
    assert address.ascii == mailed
    assert address.canonical == mailed.lower()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@@example.com",
        "ann@b@example.com",
        "ann..lee@example.com",
        ".ann@example.com",
        "ann.@example.com",
        "ann lee@example.com",
        '"ann lee"@example.com',
        "ann@[192.0.2.1]",
        "ann@192.0.2.1",
        "ann@-example.com",
        "ann@example-.com",
        "ann@example..com",
        "ann@.example.com",
        "ann@exa_mple.com",
        "ann@xn--a.example",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann\x00@example.com",
        "zoë@example.com",
        "ann＠example.com",
        "a" * 65 + "@example.com",
        f"a@{LABEL}a.example",
        f"a@{LABEL}.{LABEL}.{LABEL}.{LABEL}.com",
        "x" * 100_000,
        "\ud800@example.com",
    ],
)
def test_what_is_no_address_is_refused_in_one_short_line(typed: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_address(typed)
    assert "\n" not in refused.value.sentence
    assert len(refused.value.sentence) < 600


def test_letters_that_providers_refuse_are_explained() -> None:
    with pytest.raises(BadInput, match="before the @"):
        parse_address("zoë@example.com")


@settings(max_examples=200, deadline=None, database=None)
@given(st.text() | st.emails())
def test_reading_an_address_twice_gives_the_same_and_no_other_error_comes(text: str) -> None:
    try:
        address = parse_address(text)
    except BadInput:
        return
    assert parse_address(address.ascii).ascii == address.ascii
    assert parse_address(address.canonical).canonical == address.canonical
    assert address.ascii.isascii()
    assert len(address.ascii) <= 254


@settings(max_examples=300, deadline=None)
@example(["ann@example.com\n", "ann\n@example.com", "bob@example.com"])
@given(st.lists(st.emails() | st.emails().map(str.lower) | st.text(alphabet="ab@.\n -A", max_size=12), max_size=8))
def test_what_is_found_among_many_is_what_reading_one_leaves_as_it_is(texts: list[str]) -> None:
    common = common_among(texts)
    assert common <= set(texts)
    for text in set(texts):
        try:
            stays = parse_address(text) == Address(text, text, text)
        except BadInput:
            stays = False
        assert (text in common) <= stays
        if stays and len(text) <= 64 and "xn--" not in text:
            assert text in common


def test_every_way_to_write_an_address_has_one_key(keys: Keys) -> None:
    ways = ["Ann@Bücher.example", " ann@xn--bcher-kva.EXAMPLE", "ANN@bücher.example"]
    assert len({address_key(keys, way) for way in ways}) == 1
    assert len(address_key(keys, ways[0])) == 32


def test_what_may_be_another_mailbox_has_another_key(keys: Keys) -> None:
    others = ["ann@example.com", "a.nn@example.com", "ann+tips@example.com", "ann@example.org", "nna@example.com"]
    assert len({address_key(keys, each) for each in others}) == len(others)


def test_without_the_secret_the_key_says_nothing(keys: Keys) -> None:
    assert address_key(keys, "ann@example.com") != address_key(Keys(bytes(32), keys.links), "ann@example.com")
