"""The example mail as a recipient gets it, and the public pages, for tests and pictures."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from campaigns.colours import theme
from campaigns.compose import Brand
from campaigns.render.inline import inline
from templates import folder
from tests.support.sample import ADA, BRAND, LINKS, sample_names

PERSONAL = {"subscriber": ADA, "links": LINKS}


def mail(names: dict[str, Any] | None = None, **personal: Any) -> tuple[str, str]:
    """HTML, inlined, and text."""
    known = {**(names or sample_names()), **PERSONAL, **personal}
    html = _environment("email", escape=True).get_template("monthly-tips/mail.html").render(known)
    text = _environment("email", escape=False).get_template("monthly-tips/mail.txt").render(known)
    return inline(html), text


def without_style(html: str) -> str:
    """As some clients show it: every <style> is dropped."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def page(name: str, *, brand: Brand = BRAND, **known: Any) -> str:
    """A public page of templates/web."""
    template = _environment("", escape=True).get_template(f"web/{name}")
    return template.render(brand=brand, theme=theme(brand.colours), **known)


def _environment(below: str, *, escape: bool) -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(folder() / below)
    # The text part is no HTML: escaping would show.
    return jinja2.Environment(loader=loader, autoescape=escape, undefined=jinja2.StrictUndefined)  # noqa: S701
