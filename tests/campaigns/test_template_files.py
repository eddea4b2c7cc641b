"""Where templates lie, which of two wins, and that a copy stands by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.config import Config, TemplatesConfig
from base.errors import BadInput, NotFound, Refused
from campaigns import template_files
from templates import folder

PACKAGED = ["announcement", "monthly-tips", "offer"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(file=tmp_path / "config.toml", templates=TemplatesConfig(path=tmp_path / "mine"))


def put(config: Config, name: str, text: str) -> None:
    file = (config.templates.path or Path()) / "email" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def test_without_a_folder_of_staffs_there_are_the_packaged_ones() -> None:
    found = template_files.all_templates(Config(file=Path("config.toml")))
    assert [(each.name, each.origin) for each in found] == [(name, "packaged") for name in PACKAGED]


def test_what_lies_in_staffs_folder_wins_file_by_file(config: Config) -> None:
    put(config, "offer/mail.txt", "Ours")
    put(config, "_shared/_flow.txt", "Our flow")
    source = template_files.source(config, "offer", "S")
    assert source.text == "Ours"
    assert source.html == (folder() / "email/offer/mail.html").read_text("utf-8")
    origins = {each.name: each.origin for each in template_files.all_templates(config)}
    assert origins == dict.fromkeys(PACKAGED, "packaged") | {"offer": "yours, instead of the packaged one"}


@pytest.mark.parametrize("original", PACKAGED)
def test_a_copy_holds_every_part_so_that_no_upgrade_changes_it(config: Config, original: str) -> None:
    home = template_files.copy(config, "our-tips", original)
    texts = {file.name: file.read_text("utf-8") for file in home.iterdir()}
    assert {"mail.html", "mail.txt", "_base.html", "_footer.html", "_style.html"} <= texts.keys()
    assert not [name for name, text in texts.items() if '"_shared/' in text or f'"{original}/' in text]
    assert '{%- extends "our-tips/_base.html" -%}' in texts["mail.html"]


def test_a_copy_is_made_of_what_staff_had_changed(config: Config) -> None:
    put(config, "_shared/_footer.html", "Our footer")
    assert (template_files.copy(config, "two", "offer") / "_footer.html").read_text("utf-8") == "Our footer"


def test_a_copy_never_overwrites_anything(config: Config) -> None:
    put(config, "our-tips/mail.html", "Weeks of work")
    with pytest.raises(Refused, match=r"There is a template our-tips in .* already"):
        template_files.copy(config, "our-tips", "offer")
    assert template_files.exists(config, "our-tips")


def test_without_a_folder_to_copy_to_it_says_which_setting_gives_one() -> None:
    with pytest.raises(Refused, match=r"\[templates\] path"):
        template_files.copy(Config(file=Path("config.toml")), "our-tips", "offer")


@pytest.mark.parametrize("name", ["../offer", "", "_shared", "Our tips", "/etc", "a" * 65])
def test_a_name_never_leads_out_of_the_folder(config: Config, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be a template"):
        template_files.source(config, name, "S")
    with pytest.raises(BadInput, match="cannot be a template"):
        template_files.copy(config, name, "offer")


def test_a_template_that_is_not_there_is_said_to_be_so(config: Config) -> None:
    with pytest.raises(NotFound, match="There is no template weekly"):
        template_files.source(config, "weekly", "S")
    with pytest.raises(NotFound, match="There is no template weekly"):
        template_files.copy(config, "our-tips", "weekly")
    assert not template_files.exists(config, "our-tips")


def test_a_file_that_is_no_text_is_named(config: Config) -> None:
    put(config, "ours/mail.html", "")
    file = (config.templates.path or Path()) / "email/ours/mail.html"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"ours/mail.html cannot be read as text in UTF-8"):
        template_files.source(config, "ours", "S")
