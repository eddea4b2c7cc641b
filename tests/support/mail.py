"""The example mail as a recipient gets it, and the public pages, for tests and pictures."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from campaigns.colours import theme
from campaigns.compose import Brand
from campaigns.render import Compiled, Source, compile_mail, render_naively
from delivery.slots import Filler, Recipient
from templates import folder
from tests.support.sample import ADA, BRAND, LINKS, sample_names

_FOLDER = folder() / "email"
TEMPLATES = ("monthly-tips", "announcement", "offer")
FIELDS: dict[str, str | None] = dict.fromkeys(("email", "first_name", "last_name", "zone", "locale"))


def mail(
    names: dict[str, Any] | None = None, subscriber: dict[str, Any] = ADA, template: str = TEMPLATES[0]
) -> tuple[str, str]:
    """HTML and text as they leave: compiled for the campaign, filled for one person."""
    filled = Filler(compiled(names, template).message).fill(Recipient(subscriber, LINKS))
    return filled.html, filled.text


def compiled(names: dict[str, Any] | None = None, template: str = TEMPLATES[0]) -> Compiled:
    return compile_mail(_source(template), names or sample_names(), FIELDS, jinja2.FileSystemLoader(_FOLDER))


def naive(
    names: dict[str, Any] | None = None, subscriber: dict[str, Any] = ADA, template: str = TEMPLATES[0]
) -> tuple[str, str]:
    """The same the slow way: everything rendered and inlined for this person."""
    filled = render_naively(
        _source(template), names or sample_names(), Recipient(subscriber, LINKS), jinja2.FileSystemLoader(_FOLDER)
    )
    return filled.html, filled.text


def _source(template: str) -> Source:
    html, text = ((_FOLDER / template / part).read_text("utf-8") for part in ("mail.html", "mail.txt"))
    return Source(template, html, text, "{{ campaign.subject }}")


def without_style(html: str) -> str:
    """As some clients show it: every <style> is dropped."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def page(name: str, *, brand: Brand = BRAND, **known: Any) -> str:
    """A public page of templates/web."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder()), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return pages.get_template(f"web/{name}").render(brand=brand, theme=theme(brand.colours), **known)
