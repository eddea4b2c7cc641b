"""The example mail as a recipient gets it, and the public pages, for tests and pictures."""

from __future__ import annotations

import logging
import re
from typing import Any

import jinja2
from premailer import Premailer

from campaigns.colours import theme
from campaigns.compose import Brand
from templates import folder
from tests.support.sample import ADA, BRAND, LINKS, sample_names

PERSONAL = {"subscriber": ADA, "links": LINKS}


def loader() -> jinja2.BaseLoader:
    return jinja2.FileSystemLoader(folder())


def mail(names: dict[str, Any] | None = None, **personal: Any) -> tuple[str, str]:
    """HTML, inlined, and text."""
    known = {**(names or sample_names()), **PERSONAL, **personal}
    html = _environment(True).get_template("email/monthly-tips/mail.html").render(known)
    text = _environment(False).get_template("email/monthly-tips/mail.txt").render(known)
    inlined = Premailer(
        html,
        keep_style_tags=True,
        strip_important=False,
        disable_basic_attributes=["width", "height"],
        allow_network=False,
        preserve_internal_links=True,
        cssutils_logging_level=logging.CRITICAL,
    ).transform()
    return inlined, text


def without_style(html: str) -> str:
    """As some clients show it: every <style> is dropped."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def page(name: str, *, brand: Brand = BRAND, **known: Any) -> str:
    """A public page of templates/web."""
    template = _environment(True).get_template(f"web/{name}")
    return template.render(brand=brand, theme=theme(brand.colours), **known)


def _environment(escape: bool) -> jinja2.Environment:
    # The text part is no HTML: escaping would show.
    return jinja2.Environment(loader=loader(), autoescape=escape, undefined=jinja2.StrictUndefined)  # noqa: S701
