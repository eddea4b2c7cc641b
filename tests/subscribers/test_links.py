from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from subscribers.keys import Keys
from subscribers.links import Token, read, sign

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def some_tokens(keys: Keys, count: int) -> list[tuple[Token, str]]:
    tokens = [Token(secrets.token_bytes(32), n, "r" * (n % 33)) for n in range(1, count + 1)]
    return [(token, sign(keys, *token)) for token in tokens]


def test_a_token_carries_what_was_signed_and_fits_a_url(keys: Keys) -> None:
    for token, text in some_tokens(keys, 50):
        assert read(keys, text) == token
        assert len(text) < 120
        assert set(text) <= set(ALPHABET)


def test_a_token_with_any_character_changed_is_nothing(keys: Keys) -> None:
    for _, text in some_tokens(keys, 50):
        for at, was in enumerate(text):
            for other in (ALPHABET[ALPHABET.index(was) ^ 1], chr(ord(was) ^ 0x80), "=", "\n"):
                assert read(keys, text[:at] + other + text[at + 1 :]) is None


def test_every_other_spelling_of_the_last_character_is_refused(keys: Keys) -> None:
    for _, text in some_tokens(keys, 33):
        assert [last for last in ALPHABET if read(keys, text[:-1] + last)] == [text[-1]]


def test_a_token_with_any_byte_changed_is_nothing(keys: Keys) -> None:
    for _, text in some_tokens(keys, 50):
        raw = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        for at in range(len(raw)):
            raw[at] ^= 1
            assert read(keys, urlsafe_b64encode(raw).rstrip(b"=").decode()) is None
            raw[at] ^= 1


def test_fields_cannot_move_from_one_token_to_another(keys: Keys) -> None:
    (_, one), (_, two) = some_tokens(keys, 2)
    assert all(read(keys, one[:cut] + two[cut:]) is None for cut in range(1, len(one)))
    # The end of the address key is not the start of a run, even where the signed bytes are alike.
    key = secrets.token_bytes(31) + b"x"
    assert sign(keys, key, 1, "abc") != sign(keys, key, 1, "xabc")


@pytest.mark.parametrize("spoil", [lambda t: t + t, lambda t: t + "A", lambda t: " " + t, lambda t: t + "="])
def test_a_longer_token_is_nothing(keys: Keys, spoil: object) -> None:
    assert callable(spoil)
    for _, text in some_tokens(keys, 50):
        assert read(keys, spoil(text)) is None


def test_a_shorter_token_is_nothing(keys: Keys) -> None:
    for _, text in some_tokens(keys, 5):
        assert all(read(keys, text[:end]) is None for end in range(len(text)))
        assert all(read(keys, text[start:]) is None for start in range(1, len(text)))


@pytest.mark.parametrize("text", ["", "é", "\x00", "A" * 10_000, "%20", "\ud800"])
def test_what_never_was_a_token_is_nothing(keys: Keys, text: str) -> None:
    assert read(keys, text) is None


def test_a_token_outlives_the_key_that_signed_it_but_no_foreign_key_is_believed(keys: Keys) -> None:
    for token, text in some_tokens(keys, 10):
        assert read(Keys(keys.address, (b"N" * 32, *keys.links)), text) == token
        assert read(Keys(keys.address, (b"N" * 32,)), text) is None


def test_the_newest_key_signs(keys: Keys) -> None:
    rotated = Keys(keys.address, (b"N" * 32, *keys.links))
    assert read(keys, sign(rotated, bytes(32), 1)) is None


@pytest.mark.parametrize(("key", "run"), [(b"short", ""), (bytes(32), "r" * 33)])
def test_what_does_not_fit_a_token_is_not_signed(keys: Keys, key: bytes, run: str) -> None:
    with pytest.raises(ValueError, match="32"):
        sign(keys, key, 1, run)
