"""axe-core, all of its rules, in a real browser: light, dark, and with every <style> dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships none
from playwright.sync_api import Browser

from tests.support.browser import CHROMIUM, browser, shown
from tests.support.mail import TEMPLATES, mail, without_style
from tests.support.pages import pages
from tests.support.report import sample_page
from tests.support.sample import ARTICLE, BRAND, sample_names

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; the checks without a browser ran"),
    pytest.mark.xdist_group("browser"),  # one browser for all of them
]

PICTURED = sample_names(
    brand=replace(BRAND, logo_url="https://larkfield.example.com/logo.svg"),
    article=replace(ARTICLE, image_url="https://larkfield.example.com/i.svg", image_alt="A wooden stair"),
)
SHOWN = pages() | {"report": sample_page()}
for _name in TEMPLATES:
    SHOWN[_name] = mail(template=_name)[0]
    SHOWN[f"{_name} without styles"] = without_style(SHOWN[_name])
    SHOWN[f"{_name} with images"] = mail(PICTURED, template=_name)[0]
    SHOWN[f"{_name} offer alone"] = mail(sample_names(article=None), template=_name)[0]
# The frame in "browser" runs no scripts, so axe cannot look inside; the mail in it is looked at by itself.
# Words in a drawing have no background that axe can see: they stand in --muted on --paper, as others in the page do.
UNDECIDED = {"browser": {"frame-tested"}, "report": {"color-contrast"}}


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as chromium:
        yield chromium


@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_to_complain_of_in_light_or_dark(opened: Browser, name: str) -> None:
    with shown(opened, SHOWN[name], images=True) as page:
        light = Axe().run(page, options={}).response
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 800})
        dark = Axe().run(page, options={}).response
    for found in (light, dark):
        assert len(found["passes"]) >= 15
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found["violations"]] == []
        undecided = {v["id"]: [n["html"] for n in v["nodes"]] for v in found["incomplete"]}
        assert undecided.keys() <= UNDECIDED.get(name, set()), undecided
