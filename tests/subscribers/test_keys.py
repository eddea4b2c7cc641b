from __future__ import annotations

from pathlib import Path

import pytest

from base.database import Database
from base.errors import Broken, Refused
from subscribers.keys import Keys, check_fingerprints, load_keys, make_keys, store_fingerprints

NEW = b"N" * 32


def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "keys"
    made = make_keys(folder)
    assert load_keys(folder) == made
    assert len({made.address, *made.links}) == 2
    assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {
        "address.key": 0o600,
        "links.key": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Refused, match="there already"):
        make_keys(folder)
    assert load_keys(folder) == made


def test_keys_do_not_appear_in_a_message(keys: Keys) -> None:
    assert repr(keys) == "Keys()"


@pytest.mark.parametrize("name", ["address.key", "links.key"])
@pytest.mark.parametrize("content", [None, b"", b"\n", b"12", b"not hex", b"\xff\xfe", b"ab" * 31])
def test_a_key_file_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    make_keys(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Broken, match=name):
        load_keys(tmp_path)


def test_two_address_keys_are_refused_and_two_link_keys_are_not(tmp_path: Path) -> None:
    made = make_keys(tmp_path)
    with (tmp_path / "links.key").open("a") as file:
        file.write(NEW.hex() + "\n")
    assert load_keys(tmp_path).links == (*made.links, NEW)
    with (tmp_path / "address.key").open("a") as file:
        file.write(NEW.hex() + "\n")
    with pytest.raises(Broken, match="one key, not 2"):
        load_keys(tmp_path)


def test_the_database_knows_its_keys(db: Database, keys: Keys) -> None:
    with db.write() as s:
        with pytest.raises(Broken, match="tipsheet init"):
            check_fingerprints(s, keys)
        store_fingerprints(s, keys)
        store_fingerprints(s, keys)
        check_fingerprints(s, keys)


def test_another_address_key_is_noticed_and_never_stored(db: Database, keys: Keys) -> None:
    with db.write() as s:
        store_fingerprints(s, keys)
        for act in (check_fingerprints, store_fingerprints):
            with pytest.raises(Broken, match="address key is not the one"):
                act(s, Keys(NEW, keys.links))
        check_fingerprints(s, keys)


def test_a_new_link_key_joins_the_old_which_must_stay(db: Database, keys: Keys) -> None:
    with db.write() as s:
        store_fingerprints(s, keys)
        check_fingerprints(s, Keys(keys.address, (NEW, *keys.links)))
        store_fingerprints(s, Keys(keys.address, (NEW, *keys.links)))
        for left in ((NEW,), keys.links):
            with pytest.raises(Broken, match="link key"):
                check_fingerprints(s, Keys(keys.address, left))
