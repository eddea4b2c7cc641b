"""Secrets come from the environment or a file, and are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.config import load
from base.errors import ConfigError

KEY = "SG.made-up.secret"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[sendgrid]\napi_key_file = "key.txt"')
    return path


def test_the_environment_comes_before_the_file(file: Path) -> None:
    (file.parent / "key.txt").write_text("SG.from.file\n")
    assert load(str(file), {"SENDGRID_API_KEY": f"{KEY}\n"}).api_key() == KEY
    assert load(str(file), {}).api_key() == "SG.from.file"


def test_a_missing_key_says_where_it_is_looked_for(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"api_key_file must be a file that can be read, not .*key\.txt"):
        load(str(file), {}).api_key()
    (file.parent / "key.txt").write_text("\n")
    with pytest.raises(ConfigError, match="set SENDGRID_API_KEY, or name its file"):
        load(str(file), {}).api_key()


def test_neither_repr_nor_error_shows_a_secret(file: Path) -> None:
    password = "postgresql://tipsheet:hush@db.example.com/tipsheet"
    shown = repr(load(str(file), {"SENDGRID_API_KEY": KEY, "TIPSHEET_DATABASE__URL": password}))
    assert "hush" not in shown
    assert KEY not in shown
    with pytest.raises(ConfigError) as caught:
        load(str(file), {"TIPSHEET_DATABASE__URL": "mysql://tipsheet:hush@db.example.com/tipsheet"})
    expected = "TIPSHEET_DATABASE__URL must be sqlite:///FILE or postgresql://USER@HOST/NAME"
    assert caught.value.sentence == expected


def test_a_key_written_into_the_file_is_refused_without_repeating_it(file: Path) -> None:
    file.write_text(f'[sendgrid]\napi_key = "{KEY}"')
    with pytest.raises(ConfigError) as caught:
        load(str(file), {})
    assert "api_key_file" in caught.value.sentence
    assert KEY not in caught.value.sentence


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///a.db?mode=ro", "oracle://x", "tipsheet.db"]
)
def test_a_database_that_could_not_keep_anything_is_refused(url: str, file: Path) -> None:
    with pytest.raises(ConfigError, match="must be sqlite:///FILE or postgresql"):
        load(str(file), {"TIPSHEET_DATABASE__URL": url})


def test_what_is_still_the_shipped_example_is_named(file: Path) -> None:
    assert "[brand] address" in load(str(file), {}).still_shipped()
    file.write_text(
        '[brand]\nname = "A"\naddress = "B"\nurl = ""\nphone = ""\nprivacy_url = ""\n'
        '[delivery]\nfrom_email = "a@b.example"\nfrom_name = "C"'
    )
    assert load(str(file), {}).still_shipped() == ()
