from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from base.database import Database
from tests.cli.conftest import Run
from tests.support.nameserver import name_server


def test_init_makes_database_and_keys_and_says_to_back_them_up(bare: Run, folder: Path) -> None:
    ended = bare("init")
    assert ended.code == 0
    assert "The database var/tipsheet.db is made." in ended.out
    assert "Back that folder up now" in ended.out
    assert (folder / "var/tipsheet.db").is_file()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (folder / "keys").iterdir()}
    assert modes == {"address.key": 0o600, "links.key": 0o600}
    assert stat.S_IMODE((folder / "var").stat().st_mode) == 0o700


def test_init_twice_changes_nothing(tipsheet: Run, folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in (folder / "keys").iterdir()}
    ended = tipsheet("init")
    assert ended.code == 0
    assert ended.out.startswith("Nothing to do:")
    assert {file.name: file.read_bytes() for file in (folder / "keys").iterdir()} == before


def test_init_in_json_is_one_document(bare: Run) -> None:
    ended = bare("init", "--json")
    made = {"database": "var/tipsheet.db", "schema": "made", "keys": "keys", "keys_made": True}
    assert ended.json() == made
    assert "Back that folder up" in ended.err
    assert bare("init", "--json").json() == {**made, "schema": "unchanged", "keys_made": False}


def test_init_never_gives_a_database_other_keys(tipsheet: Run, folder: Path) -> None:
    (folder / "keys").rename(folder / "lost")
    assert "put them back from the backup" in tipsheet("init").refused()
    assert not (folder / "keys").exists()


def test_init_makes_a_new_database_for_keys_that_are_there(tipsheet: Run, folder: Path) -> None:
    (folder / "var").rename(folder / "old")
    assert tipsheet("init", "--json").json()["keys_made"] is False
    assert tipsheet("list", "list").code == 0


def test_init_brings_an_interrupted_init_to_its_end(tipsheet: Run, folder: Path) -> None:
    database = Database(f"sqlite:///{folder}/var/tipsheet.db")
    with database.write() as s:
        s.execute(text("DELETE FROM key_fingerprints"))
    database.close()
    assert "tipsheet init" in tipsheet("list", "list").refused()
    assert tipsheet("init").code == 0
    assert tipsheet("list", "list").code == 0


def test_init_works_on_postgresql(bare: Run, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(postgres_url)
    with database.write() as s:
        s.execute(text("DROP SCHEMA public CASCADE"))
        s.execute(text("CREATE SCHEMA public"))
    database.close()
    monkeypatch.setenv("TIPSHEET_DATABASE__URL", postgres_url)
    assert bare("init", "--json").json()["schema"] == "made"
    assert bare("list", "list", "--json").json() == []


def test_no_other_command_makes_a_database(bare: Run, folder: Path) -> None:
    sentence = bare("list", "list").refused()
    assert sentence == "There is no Tipsheet database at var/tipsheet.db yet; make it with: tipsheet init"
    assert [file.name for file in folder.iterdir()] == ["config.toml"]


@pytest.mark.parametrize(
    ("file", "content"),
    [("address.key", None), ("address.key", "ab" * 32), ("links.key", "ab" * 32), ("links.key", "zz")],
)
def test_a_missing_or_other_key_stops_every_command(
    file: str, content: str | None, tipsheet: Run, folder: Path
) -> None:
    path = folder / "keys" / file
    path.unlink()
    if content:
        path.write_text(content)
    sentence = tipsheet("list", "list").refused()
    assert file in sentence
    assert "backup" in sentence


def test_doctor_says_what_is_in_order_and_what_to_do(tipsheet: Run, folder: Path) -> None:
    report = tipsheet("doctor", "--json").json()
    states = {each["check"]: each["state"] for each in report["checks"]}
    assert report["ok"] is True
    assert (states["configuration"], states["database"], states["keys"]) == ("ok", "ok", "ok")
    assert (states["brand"], states["service"]) == ("mind", "mind")


def test_doctor_before_init_fails_with_the_command_that_helps(bare: Run) -> None:
    ended = bare("doctor", "--json")
    assert ended.code == 1
    assert ended.err.endswith("Not ready: database, keys; do what is said there and ask again\n")
    words = {each["check"]: each["words"] for each in json.loads(ended.out)["checks"]}
    assert "tipsheet init" in words["database"]


def test_doctor_finds_keys_that_others_may_read(tipsheet: Run, folder: Path) -> None:
    (folder / "keys/address.key").chmod(0o644)
    ended = tipsheet("doctor")
    assert ended.code == 1
    assert "others on this machine may read address.key; run: chmod 600 keys/*.key" in ended.out


def test_version_is_one_document(bare: Run) -> None:
    assert set(bare("version", "--json").json()) == {"tipsheet", "python"}


def test_doctor_asks_the_provider_that_is_configured(
    tipsheet: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENDGRID_API_KEY", raising=False)
    monkeypatch.setenv("TIPSHEET_DELIVERY__PROVIDER", "files")
    assert "files can be reached" in tipsheet("doctor").out
    monkeypatch.setenv("TIPSHEET_DELIVERY__PROVIDER", "sendgrid")
    monkeypatch.setenv("TIPSHEET_SENDGRID__BASE_URL", "http://127.0.0.1:9")
    with name_server({}) as dns:
        ended = tipsheet("doctor", "--dns", dns)
        assert ended.code == 1
        assert "There is no API key: set SENDGRID_API_KEY" in ended.out
        monkeypatch.setenv("SENDGRID_API_KEY", "SG.made-up")
        ended = tipsheet("doctor", "--dns", dns)
    assert "sendgrid cannot be used" in ended.out
    assert "still the made-up clinic" in ended.out
    assert ended.err == "Not ready: brand, provider, key, DMARC; do what is said there and ask again\n"


def test_status_and_doctor_say_that_nothing_can_be_written_down(tipsheet: Run, folder: Path) -> None:
    journal = folder / "var/journal"
    journal.unlink(missing_ok=True)
    journal.symlink_to("/dev/full")
    assert "Nothing leaves: The journal var/journal cannot be written (No space left on device)" in tipsheet(
        "status"
    ).out.replace("\n", " ")
    assert "make room" in tipsheet("status", "--json").json()["trouble"]
    ended = tipsheet("doctor", "--json")
    assert "Not ready: journal" in ended.err
    journal.unlink()
    assert tipsheet("status", "--json").json()["trouble"] is None
    assert not journal.exists(), "a try leaves nothing"
