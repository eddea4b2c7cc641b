"""A real browser, the Chromium of the machine, that opens HTML as it stands. No network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--headless"])
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def shown(opened: Browser, html: str, *, width: int = 800, dark: bool = False, images: bool = False) -> Iterator[Page]:
    """A page that shows `html`. Whatever it asks the network for is refused; images are drawn if wanted."""
    page = opened.new_page(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", device_scale_factor=1
    )
    try:
        page.route("**/*", _draw if images else _refuse)
        page.set_content(html)
        yield page
    finally:
        page.close()


def _refuse(route: Route) -> None:
    route.abort()


def _draw(route: Route) -> None:
    drawing = _LOGO if "logo" in route.request.url else _STAIRS
    route.fulfill(body=drawing, content_type="image/svg+xml")


_STAIRS = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 300" width="600" height="300">
<rect width="600" height="300" fill="#d9e4dc"/><circle cx="455" cy="92" r="46" fill="#f3c98b"/>
<path d="M0 230 Q150 150 300 215 T600 190 V300 H0Z" fill="#9dbfae"/>
<path d="M60 300V262H150V226H240V190H330V154H420V118H600V300Z" fill="#4d837a"/>
<path d="M60 262H150M150 226H240M240 190H330M330 154H420M420 118H600" stroke="#f6efe2" stroke-width="6"/>
</svg>"""

_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80" width="300" height="80">
<path d="M8 56Q30 8 64 14Q50 48 8 56ZM8 56Q36 66 70 44" fill="#0f5c56"/>
<text x="86" y="52" font-family="Noto Serif" font-size="38" font-weight="bold" fill="#1f2d2b">Larkfield</text>
</svg>"""
