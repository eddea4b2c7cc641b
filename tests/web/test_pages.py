"""Public pages by staff's own templates, and by ours where theirs do not work."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from campaigns.compose import Brand
from web.pages import Pages

BRAND = Brand("Larkfield Physiotherapy", "12 Larkfield Lane")


def own(folder: Path, name: str, text: str) -> Pages:
    (folder / "web").mkdir(exist_ok=True)
    (folder / "web" / name).write_text(text, "utf-8")
    return Pages(BRAND, folder)


def shown(pages: Pages) -> str:
    return bytes(pages.show("unsubscribe", list_name="Monthly tips", action="/u/x").body).decode()


def test_staffs_page_wins_and_may_build_on_what_is_packaged(tmp_path: Path) -> None:
    ours = '{% extends "web/base.html" %}{% block main %}<h1>Leaving {{ list_name }}?</h1>{% endblock %}'
    html = shown(own(tmp_path, "unsubscribe.html", ours))
    assert "<h1>Leaving Monthly tips?</h1>" in html
    assert "12 Larkfield Lane" in html


@pytest.mark.parametrize("broken", ["{% if %}", "{{ no_such_name }}", "{{ 1 / 0 }}", '{% include "web/none.html" %}'])
def test_a_page_that_does_not_work_keeps_nobody_from_opting_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    caplog.set_level(logging.ERROR)
    pages = own(tmp_path, "unsubscribe.html", broken)
    assert shown(pages) == shown(Pages(BRAND))
    assert "your web/unsubscribe.html does not work" in caplog.text


def test_a_broken_look_breaks_no_page_either(tmp_path: Path) -> None:
    assert shown(own(tmp_path, "base.html", "{% block %}")) == shown(Pages(BRAND))


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    assert shown(Pages(BRAND, tmp_path / "none")) == shown(Pages(BRAND))
