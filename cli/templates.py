"""`tipsheet template …`: how mails look, and a place for templates of one's own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from base.errors import Refused
from campaigns import template_check, template_files
from campaigns.examples.sample import CONTENTS
from cli.door import opened, read_config
from cli.output import Json, Printer

app = typer.Typer(help="Templates: how mails look; yours lie in [templates] path and win over the packaged ones.")
Name = Annotated[str, typer.Argument(help="The template's name; see tipsheet template list.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every template and where it comes from.

    Example: tipsheet template list
    """
    config = read_config(ctx)
    found = template_files.all_templates(config)
    printer = Printer(as_json)
    mark = config.campaigns.template
    rows = [(each.name, each.origin, each.folder, "default" if each.name == mark else "") for each in found]
    printer.table(("template", "from", "folder", ""), rows, empty="")
    printer.document([{**asdict(each), "folder": str(each.folder)} for each in found])


@app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A short name of your own, such as our-tips.")],
    original: Annotated[
        str, typer.Option("--from", metavar="NAME", help="The template to begin with.")
    ] = "monthly-tips",
    as_json: Json = False,
) -> None:
    """Copy a template into your own folder, with every part that it is made of. No upgrade changes it.

    Example: tipsheet template new our-tips --from monthly-tips
    """
    home = template_files.copy(read_config(ctx), name, original)
    printer = Printer(as_json)
    printer.say(f"The template {name} is yours, in {home}. Change it there and look at it with:")
    printer.say(f"  tipsheet template check {name}\n  tipsheet template preview {name} --open")
    printer.document({"template": name, "from": original, "folder": str(home)})


@app.command()
def check(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Try a template with made-up content and say everything that is wrong with it, with template and line.

    Example: tipsheet template check our-tips
    """
    with opened(ctx) as door, door.db.read() as s:
        found = template_check.check(s, door.config, name)
    printer = Printer(as_json)
    for each in found:
        where = "" if len(each.contents) == len(CONTENTS) else f" ({', '.join(each.contents)})"
        printer.say(f"{'✗' if each.stops else '!'} {each.words}{where}", "red" if each.stops else "yellow")
    stops = sum(each.stops for each in found)
    if not stops:
        printer.say(f"{name} is in order, with an article, with an offer, and with both.", "green")
    printer.document({"template": name, "ok": not stops, "problems": found})
    if stops:
        raise Refused(
            f"{name} has {stops} problem{'s' * (stops > 1)}; mend {'them' if stops > 1 else 'it'} and check again"
        )


@app.command()
def preview(
    ctx: typer.Context,
    name: Name,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Write the template's mail with made-up content, HTML and text, for each content that a campaign may have.

    Example: tipsheet template preview our-tips --open
    """
    with opened(ctx) as door, door.db.read() as s:
        mails = {content: template_check.preview(s, door.config, name, content) for content in CONTENTS}
    folder = door.config.file.parent / "var" / "preview"
    folder.mkdir(parents=True, exist_ok=True)
    printer, written = Printer(as_json), {}
    for content, mail in mails.items():
        html = folder / f"template-{name}-{content.replace(' ', '-')}.html"
        html.write_text(mail.html, "utf-8")
        html.with_suffix(".txt").write_text(mail.text, "utf-8")
        written[content] = {"html": str(html), "text": str(html.with_suffix(".txt"))}
        printer.facts({content: html})
    printer.document({"template": name, "subject": next(iter(mails.values())).subject, "written": written})
    if open_it:
        typer.launch(Path(next(iter(written.values()))["html"]).resolve().as_uri())
