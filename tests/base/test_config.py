from __future__ import annotations

import dataclasses
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from base.config import Config, is_loopback, load
from base.config.sections import SECTIONS
from base.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "config.toml"


def read(folder: Path, text: str = "", environ: dict[str, str] | None = None) -> Config:
    file = folder / "config.toml"
    file.write_text(text, "utf-8")
    return load(str(file), environ or {})


def refused(folder: Path, text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, environ)
    return caught.value.sentence.removeprefix(f"{folder}/")


def test_the_shipped_file_has_every_key_and_no_other() -> None:
    shipped = {section: set(keys) for section, keys in tomllib.loads(SHIPPED.read_text()).items()}
    assert shipped == {name: {f.name for f in dataclasses.fields(section)} for name, section in SECTIONS.items()}


def test_the_shipped_file_says_what_holds_without_it(tmp_path: Path) -> None:
    assert read(tmp_path, SHIPPED.read_text()) == read(tmp_path, "")


def test_every_key_of_the_shipped_file_is_under_a_comment_of_its_own_or_its_neighbours() -> None:
    blocks = SHIPPED.read_text().split("\n[")[1:]
    bare = [block.split("]")[0] for block in blocks if "#" not in block]
    assert bare == ["localgrid"]  # a port and a path need no words


def test_lengths_of_time_and_paths_are_read(tmp_path: Path) -> None:
    config = read(tmp_path, '[delivery]\ndeadline = "1m30s"\n[keys]\npath = "secrets"')
    assert config.delivery.deadline == timedelta(seconds=90)
    assert config.keys.path == tmp_path / "secrets"
    assert config.database.url == f"sqlite:///{tmp_path}/var/tipsheet.db"


def test_an_absolute_path_stays_where_it_is(tmp_path: Path) -> None:
    config = read(tmp_path, '[keys]\npath = "/srv/keys"\n[database]\nurl = "sqlite:////srv/tipsheet.db"')
    assert config.keys.path == Path("/srv/keys")
    assert config.database.url == "sqlite:////srv/tipsheet.db"


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    environ = {
        "TIPSHEET_DELIVERY__BATCH_SIZE": "50",
        "TIPSHEET_DELIVERY__ONLY_TO": "*@example.com, ana@example.org",
        "TIPSHEET_DELIVERY__TEST_TO": '["robin@example.com", "ana@example.com"]',
        "TIPSHEET_CAMPAIGNS__SECOND_PERSON": "true",
        "TIPSHEET_WEB__PUBLIC_URL": "https://news.example.com/",
        "TIPSHEET_DEBUG": "1",
    }
    config = read(tmp_path, '[delivery]\nbatch_size = 9\ntest_to = ["a@example.com"]', environ)
    assert config.delivery.batch_size == 50
    assert config.delivery.only_to == ("*@example.com", "ana@example.org")
    assert config.delivery.test_to == ("robin@example.com", "ana@example.com")
    assert read(tmp_path, '[delivery]\ntest_to = ["a"]', {"TIPSHEET_DELIVERY__TEST_TO": ""}).delivery.test_to == ()
    assert config.campaigns.second_person is True
    assert config.web.public_url == "https://news.example.com"


def test_the_file_is_found_by_option_then_variable_then_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, port in (("option.toml", 1), ("variable.toml", 2), ("config.toml", 3)):
        (tmp_path / name).write_text(f"[web]\nport = {port}")
    monkeypatch.chdir(tmp_path)
    environ = {"TIPSHEET_CONFIG": str(tmp_path / "variable.toml")}
    assert load(str(tmp_path / "option.toml"), environ).web.port == 1
    assert load(None, environ).web.port == 2
    assert load(None, {}).web.port == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[delivery]\nbatch_size = 5000",
            "config.toml: [delivery] batch_size must be a whole number from 1 to 1000, not 5000",
        ),
        (
            "[delivery]\nbatch_size = true",
            "config.toml: [delivery] batch_size must be a whole number from 1 to 1000, not True",
        ),
        (
            '[delivery]\nprovider = "smtp"',
            "config.toml: [delivery] provider must be one of local, sendgrid, files, not 'smtp'",
        ),
        (
            "[delivery]\ndeadline = 60",
            "config.toml: [delivery] deadline must be a length of time such as 60s, 5m or 2h, not 60",
        ),
        (
            '[delivery]\ndeadline = "0s"',
            "config.toml: [delivery] deadline must be a length of time such as 60s, 5m or 2h, not '0s'",
        ),
        (
            '[delivery]\nonly_to = "*@example.com"',
            "config.toml: [delivery] only_to must be a list of texts such as [\"*@example.com\"], not '*@example.com'",
        ),
        (
            '[delivery]\nfrom_email = "the news desk"',
            "config.toml: [delivery] from_email must be an address such as news@example.com, not 'the news desk'",
        ),
        (
            '[delivery]\nfrom_name = "A\\r\\nBcc: x@example.com"',
            "config.toml: [delivery] from_name must be text on one line, not 'A\\r\\nBcc: x@example.com'",
        ),
        (
            '[campaigns]\nzone = "Mars/Base"',
            "config.toml: [campaigns] zone must be a time zone such as Europe/Berlin, not 'Mars/Base'",
        ),
        (
            '[campaigns]\nsecond_person = "yes"',
            "config.toml: [campaigns] second_person must be true or false, not 'yes'",
        ),
        (
            '[brand]\naccent = "green"',
            "config.toml: [brand] accent must be # and six hex digits, such as #0f5c56, not 'green'",
        ),
        (
            '[web]\npublic_url = "news.example.com"',
            "config.toml: [web] public_url must be an address such as https://news.example.com, not 'news.example.com'",
        ),
        (
            "[keys]\npath = 5",
            "config.toml: [keys] path must be the path of a file or folder, not 5",
        ),
        ("delivery = 3", "config.toml: delivery must be a section, [delivery], with keys below it"),
    ],
)
def test_a_bad_value_is_refused_with_file_key_and_what_was_expected(text: str, sentence: str, tmp_path: Path) -> None:
    assert refused(tmp_path, text) == sentence


def test_an_unknown_key_or_section_is_refused_with_those_there_are(tmp_path: Path) -> None:
    assert (
        refused(tmp_path, "[localgrid]\nprot = 1")
        == "config.toml: [localgrid] prot is no key; [localgrid] has port, path"
    )
    assert refused(tmp_path, "[mail]\nport = 1").startswith(
        "config.toml: mail is no section; there are database, journal, installation, keys,"
    )


def test_a_bad_variable_is_named_itself(tmp_path: Path) -> None:
    words = refused(tmp_path, environ={"TIPSHEET_WEB__PORT": "eighty"})
    assert words == "TIPSHEET_WEB__PORT must be a whole number from 1 to 65535, not 'eighty'"
    assert "must be a list" in refused(tmp_path, environ={"TIPSHEET_DELIVERY__ONLY_TO": "[*@example.com]"})
    assert refused(tmp_path, environ={"TIPSHEET_WEB__PROT": "80"}).startswith("TIPSHEET_WEB__PROT is no key; [web] has")
    assert refused(tmp_path, environ={"TIPSHEET_WBE__PORT": "80"}).startswith("TIPSHEET_WBE__PORT: wbe is no section")


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    assert "is not valid TOML" in refused(tmp_path, "[web\nport")
    with pytest.raises(ConfigError, match=r"There is no .*elsewhere\.toml: .*--config"):
        load(str(tmp_path / "elsewhere.toml"), {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path), {})
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path / "latin.toml"), {})


def test_workers_need_postgresql(tmp_path: Path) -> None:
    engine = '[dispatch]\nengine = "procrastinate"\n'
    assert "needs PostgreSQL; give [database] url a postgresql:// address" in refused(tmp_path, engine)
    url = '[database]\nurl = "postgresql://tipsheet@db.example.com/tipsheet"\n'
    assert read(tmp_path, engine + url).dispatch.engine == "procrastinate"


def test_a_lease_must_outlast_the_deadline(tmp_path: Path) -> None:
    words = refused(tmp_path, '[delivery]\nlease = "60s"')
    assert words.startswith("config.toml: [delivery] lease must be longer than deadline")


def test_the_api_key_never_travels_in_the_clear(tmp_path: Path) -> None:
    assert "must be https" in refused(tmp_path, '[sendgrid]\nbase_url = "http://api.example.com"')
    assert read(tmp_path, '[sendgrid]\nbase_url = "http://127.0.0.1:8026"').sendgrid.base_url == "http://127.0.0.1:8026"


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost:8026", True),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("https://10.0.0.1", False),
    ],
)
def test_loopback_is_told_from_names_that_look_like_it(url: str, own: bool) -> None:
    assert is_loopback(url) is own
