from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from base.errors import BadInput
from subscribers.files import opening
from subscribers.files.opening import digest, open_bytes, packing

TEXT = b"email\n" + b"".join(b"p%d@example.com\n" % n for n in range(2_000))


def zipped(folder: Path, **files: bytes) -> Path:
    path = folder / "people.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv"), data)
    return path


def read(path: Path) -> bytes:
    with open_bytes(path) as file:
        return file.read()


def test_a_file_is_read_as_it_is_or_unpacked(tmp_path: Path) -> None:
    plain = tmp_path / "people.csv"
    plain.write_bytes(TEXT)
    packed = tmp_path / "people.csv.gz"
    packed.write_bytes(gzip.compress(TEXT[:1_000]) + gzip.compress(TEXT[1_000:]))
    archive = zipped(tmp_path, people_csv=TEXT)
    assert [packing(each) for each in (plain, packed, archive)] == ["", "gzip", "zip"]
    assert [read(each) for each in (plain, packed, archive)] == [TEXT] * 3
    assert digest(plain) != digest(packed)


def test_what_a_mac_adds_to_an_archive_is_not_counted(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "people.zip", "w") as archive:
        archive.writestr("list/", b"")
        archive.writestr("list/people.csv", TEXT)
        archive.writestr("__MACOSX/list/._people.csv", b"\0")
    assert read(tmp_path / "people.zip") == TEXT


def test_an_archive_of_several_files_or_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds 2 files"):
        read(zipped(tmp_path, a_csv=TEXT, b_csv=TEXT))
    with zipfile.ZipFile(tmp_path / "people.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        archive.writestr("xl/workbook.xml", b"<workbook/>")
    with pytest.raises(BadInput, match="spreadsheet"):
        read(tmp_path / "people.xlsx")


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_small_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "UNSUSPICIOUS", 1 << 20)
    bomb = b"a" * (4 << 20)
    path = tmp_path / "bomb"
    if kind == "gzip":
        path.write_bytes(gzip.compress(bomb))
    else:
        path = zipped(tmp_path, a_csv=bomb)
    with pytest.raises(BadInput, match="200 times its size"):
        read(path)


@pytest.mark.parametrize("cut", [20, 200, -4])
def test_a_packed_file_that_ends_too_early_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(TEXT)[:cut])
    with pytest.raises(BadInput, match="cannot be unpacked"):
        read(path)


def test_a_broken_or_locked_archive_is_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path, people_csv=TEXT).read_bytes()
    for broken in (whole[:-30], whole[:60] + b"XXXX" + whole[64:]):
        (tmp_path / "broken.zip").write_bytes(broken)
        with pytest.raises(BadInput, match="cannot be unpacked"):
            read(tmp_path / "broken.zip")
    locked = bytearray(whole)
    locked[6] |= 1
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(BadInput, match="locked with a password"):
        read(tmp_path / "locked.zip")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.csv cannot be read \(No such file"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        digest(tmp_path)


def test_reading_in_small_pieces_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(TEXT))
    with open_bytes(path) as file:
        assert b"".join(iter(lambda: file.read(7), b"")) == TEXT
        assert isinstance(file, io.BufferedReader)
