from __future__ import annotations

from pathlib import Path

import pytest

from base.errors import BadInput
from subscribers.files.encoding import Decoded, read_through

WESTERN = "email,name\nana@example.com,Zoë Muñoz-Größe\nbob@example.com,“D’Arcy” – 5 €\n"


def through(folder: Path, data: bytes, given: str | None = None) -> Decoded:
    path = folder / "people.csv"
    path.write_bytes(data)
    return read_through(path, given)


@pytest.mark.parametrize(
    ("data", "encoding", "spoken"),
    [
        (WESTERN.encode(), "utf-8", "UTF-8"),
        (WESTERN.encode("utf-8-sig"), "utf-8-sig", "UTF-8"),
        (WESTERN.encode("utf-16"), "utf-16", "UTF-16"),
        (b"\xfe\xff" + WESTERN.encode("utf-16-be"), "utf-16", "UTF-16"),
        (WESTERN.encode("utf-16-le"), "utf-16-le", "UTF-16"),
        (WESTERN.encode("utf-16-be"), "utf-16-be", "UTF-16"),
        (WESTERN.encode("cp1252"), "cp1252", "Windows-1252 (Western European)"),
        ("email,city\nann@example.com,München\n".encode("latin-1"), "cp1252", "Windows-1252 (Western European)"),
    ],
)
def test_an_encoding_is_found_and_said(tmp_path: Path, data: bytes, encoding: str, spoken: str) -> None:
    found = through(tmp_path, data)
    assert (found.encoding, found.spoken) == (encoding, spoken)
    assert found.lines == data.decode(encoding).count("\n")


@pytest.mark.parametrize(
    "data",
    [
        "name\nМария Иванова\n".encode("cp1251"),
        "name\nΜαρία Παπαδοπούλου\n".encode("cp1253"),
        "name\nMichał Wójcik\n".encode("cp1250"),
        "name\nMüller\n".encode("mac-roman"),
        "name\nMüller\n".encode("cp850"),
        "name\n山田太郎\n".encode("shift-jis"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_asked_for(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput, match="--encoding"):
        through(tmp_path, data)


def test_a_given_encoding_is_taken_and_checked(tmp_path: Path) -> None:
    data = "name\nМария\n".encode("cp1251")
    assert through(tmp_path, data, "cp1251").encoding == "cp1251"
    assert through(tmp_path, b"\xef\xbb\xbfemail\n", "UTF-8").encoding == "utf-8-sig"
    with pytest.raises(BadInput, match="not UTF-8 text near byte 5"):
        through(tmp_path, data, "utf-8")
    for name in ("klingon", "rot13", "base64", "utf-8\0"):
        with pytest.raises(BadInput, match="no encoding"):
            through(tmp_path, data, name)


def test_one_bad_place_in_a_utf8_file_is_no_other_encoding(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="near byte 32; mend"):
        through(tmp_path, "email,name\na@example.com,Zoë\nb,Zo".encode()[:32] + b"\xeb\n")


@pytest.mark.parametrize(
    "data",
    [b"email\n\x89PNG\x00\xff", b"\x00" * 100, "email\n".encode("utf-32"), b"email\n" + bytes(range(256)) * 20],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadInput, match=r"no text|UTF-32|not UTF-8"):
        through(tmp_path, data)


def test_a_letter_cut_by_a_block_is_whole(tmp_path: Path) -> None:
    data = b"email\n" + b"a" * ((1 << 20) - 7) + "ë".encode() * 10
    assert through(tmp_path, data).encoding == "utf-8"
    western = b"email\n" + b"a" * ((1 << 20) - 7) + b"\xcc\xe8\xf0"
    with pytest.raises(BadInput, match="--encoding"):
        through(tmp_path, western)
