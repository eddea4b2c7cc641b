"""`tipsheet list edit` and `list form`: how people sign up for a list by themselves. The list itself is in lists.py."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import Refused
from campaigns import content
from cli.door import noted, opened
from cli.lists import Double, Law, Public, Slug, Wording, opt_in
from cli.lists import app as app
from cli.output import Json, Printer
from subscribers import audit
from subscribers.lists import get_list
from subscribers.signups import forms
from web.pages import Pages


@app.command()
def edit(
    ctx: typer.Context,
    slug: Slug,
    name: Annotated[str | None, typer.Option(help="What recipients see, such as 'Monthly tips'.")] = None,
    double: Double = None,
    public: Public = None,
    wording: Wording = None,
    law: Law = None,
    as_json: Json = False,
) -> None:
    """Change a list's name, and how people sign up for it. What is not given stays.

    Example: tipsheet list edit monthly-tips --public --double
    """
    with opened(ctx) as door, door.db.write() as s:
        way = opt_in(double)
        before, after = forms.set_up(s, slug, name=name, opt_in=way, public=public, wording=wording, law=law)
        was, now = audit.differences(before, after)
        if now:
            noted(s, "list edit", slug, before=was, after=now)
    printer = Printer(as_json)
    printer.say(f"{slug} is changed." if now else f"{slug} was like that before.")
    printer.facts({name: _said(value) for name, value in after.items()})
    printer.document({"slug": slug, **after})


@app.command()
def form(
    ctx: typer.Context,
    slug: Slug,
    opens: Annotated[bool, typer.Option("--opens", help="Also ask, with a box, whether opening may be seen.")] = False,
    as_json: Json = False,
) -> None:
    """Print the sign-up form of a public list as HTML for your own site. It has a page here, too.

    Print it again when the wording has changed: what a form shows is what goes on record.

    Example: tipsheet list form monthly-tips > form.html
    """
    with opened(ctx) as door, door.db.write() as s:
        if not get_list(s, slug).public:
            raise Refused(f"{slug} takes no sign-ups; let anybody sign up with: tipsheet list edit {slug} --public")
        found = forms.form_of(s, slug, door.config.brand, opens=opens)
        forms.evidence_of(s, found)
    page = f"{door.config.web.public_url.rstrip('/')}/signup/{slug}"
    pages = Pages(content.brand(door.config.brand), door.config.templates.path)
    html = pages.text("snippet.html", form=found, action=page)
    printer = Printer(as_json)
    if not as_json:
        typer.echo(html)
    printer.document({"slug": slug, "page": f"{page}?opens" if opens else page, "html": html})


def _said(value: object) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
