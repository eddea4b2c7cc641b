"""Draws the example mails and the public pages: `python -m tests.support.pictures docs/pictures`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.browser import CHROMIUM, browser, shown
from tests.support.mail import TEMPLATES, mail, without_style
from tests.support.pages import pages
from tests.support.report import sample_page
from tests.support.sample import ARTICLE, BRAND, sample_names

DESKTOP, PHONE, REPORT = 800, 390, 1000
# What an app does that has a dark scheme and asks nobody: it turns every colour over.
_INVERT = "<style>html { filter: invert(1) hue-rotate(180deg); background: #000 }</style>"


@dataclass(frozen=True)
class Picture:
    name: str
    html: str
    width: int = DESKTOP
    dark: bool = False
    images: bool = False


def main(target: str) -> None:
    if CHROMIUM is None:
        sys.exit("No Chromium is installed; install it (Debian: apt install chromium) and try again.")
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as opened:
        for picture in _pictures():
            with shown(opened, picture.html, width=picture.width, dark=picture.dark, images=picture.images) as page:
                page.screenshot(path=folder / f"{picture.name}.png", full_page=True)


def _pictures() -> Iterator[Picture]:
    html, _ = mail()
    yield Picture("mail-desktop", html)
    yield Picture("mail-phone", html, PHONE)
    yield Picture("mail-dark", html, dark=True)
    yield Picture("mail-inverted", html.replace("</head>", _INVERT + "</head>", 1), PHONE)
    yield Picture("mail-no-style", without_style(html), PHONE)
    pictured, _ = mail(_with_images())
    yield Picture("mail-images", pictured, images=True)
    yield Picture("mail-images-off", pictured, PHONE)
    yield Picture("mail-offer-alone", mail(sample_names(article=None))[0], PHONE)
    for name in TEMPLATES[1:]:
        whole = mail(template=name)[0]
        yield Picture(f"{name}-desktop", mail(_with_images(), template=name)[0], images=True)
        yield Picture(f"{name}-phone", whole, PHONE)
        yield Picture(f"{name}-dark", whole, dark=True)
    shown_pages = pages()
    yield Picture("web-unsubscribe", shown_pages["unsubscribe"])
    yield Picture("web-done-phone", shown_pages["done"], PHONE)
    yield Picture("web-unknown-dark-phone", shown_pages["unknown-mistyped"], PHONE, dark=True)
    yield Picture("web-browser", shown_pages["browser"])
    yield Picture("web-signup", shown_pages["signup"])
    yield Picture("web-preferences", shown_pages["preferences"])
    yield Picture("web-preferences-dark-phone", shown_pages["preferences"], PHONE, dark=True)
    yield Picture("web-archive", shown_pages["archive"])
    yield Picture("web-archive-dark-phone", shown_pages["archive"], PHONE, dark=True)
    yield Picture("report", sample_page(), REPORT)
    yield Picture("report-dark-phone", sample_page(), PHONE, dark=True)


def _with_images() -> dict[str, object]:
    logo = "https://larkfield.example.com/logo.svg"
    image = "https://larkfield.example.com/stairs.svg"
    alt = "A runner on the last step of a wooden stair, one hand on the rail"
    return sample_names(
        brand=replace(BRAND, logo_url=logo, logo_width=150),
        article=replace(ARTICLE, image_url=image, image_alt=alt),
    )


if __name__ == "__main__":
    main(sys.argv[1])
