"""`tipsheet campaign …`: making and looking at campaigns. Deciding on them is campaign_decisions.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from base.words import counted, lasting
from campaigns import trial
from campaigns.drafts import Draft, add_campaign, all_campaigns, get_campaign, made_of, replace_campaign
from campaigns.models import Campaign
from campaigns.plan import plan as plan_of
from campaigns.status import Status
from campaigns.status import status as status_of
from campaigns.why import why as why_of
from cli.door import Door, actor, noted, opened
from cli.output import Json, Printer, in_words, in_zone, when
from delivery.ledger.counts import Counts
from delivery.providers import open_provider

app = typer.Typer(help="Campaigns: one mailing each, from the first draft to who got it.")
Slug = Annotated[str, typer.Argument(help="The campaign's short name.")]
Events = Annotated[bool, typer.Option("--without-events", help="Accept that no bounce, complaint or proof comes back.")]


@app.command()
def add(
    ctx: typer.Context,
    slug: Slug,
    onto: Annotated[str, typer.Option("--list", help="The list it goes to.")],
    subject: Annotated[str, typer.Option(help="One line; may hold {{ subscriber.first_name | default('…') }}.")],
    article: Annotated[str | None, typer.Option(help="The article whose excerpt it shows.")] = None,
    offer: Annotated[str | None, typer.Option(help="The offer beside it.")] = None,
    segment: Annotated[str | None, typer.Option(help="Only this part of the list.")] = None,
    preheader: Annotated[str, typer.Option(help="What inboxes show after the subject; else taken from the lead.")] = "",
    template: Annotated[str | None, typer.Option(help="The template; else [campaigns] template.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Make it anew; what was approved of it is void.")] = False,
    as_json: Json = False,
) -> None:
    """Add a campaign, as a draft. Nothing leaves before it is sent or scheduled.

    Example: tipsheet campaign add december --list monthly-tips --article knees --offer visit --subject 'Kinder knees'
    """
    with opened(ctx) as door, door.db.write() as s:
        look = template or door.config.campaigns.template
        draft = Draft(slug, onto, subject, look, article, offer, segment, preheader)
        make = replace_campaign if replace else add_campaign
        planned = plan_of(s, make(s, draft, actor=actor()), door.config)
        noted(s, "campaign add", slug, after={"list": onto, "subject": subject, "anew": replace})
    printer = Printer(as_json)
    printer.say(
        f"The campaign {slug} is a draft for {counted(planned.recipients, 'person', 'people')}. Look at it with:"
    )
    printer.say(f"  tipsheet campaign preview {slug} --open\n  tipsheet campaign plan {slug}")
    warn(printer, planned.problems, planned.warnings)
    if planned.problems:
        printer.say("Mend that, or make it anew by adding it again with --replace.")
    printer.document({"slug": slug, "state": "draft", "recipients": planned.recipients, "problems": planned.problems})


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List the campaigns, with how each stands.

    Example: tipsheet campaign list
    """
    with opened(ctx) as door, door.db.read() as s:
        found = [status_of(s, campaign) for campaign in all_campaigns(s)]
    printer = Printer(as_json)
    rows = [
        (
            x.slug,
            in_words(x.state),
            when(x.scheduled_for, x.zone or door.config.campaigns.zone),
            _n(x, "audience"),
            _n(x, "accepted"),
        )
        for x in found
    ]
    printer.table(
        ("campaign", "state", "for", "recipients>", "accepted>"),
        rows,
        empty="No campaign yet; add one with: tipsheet campaign add",
    )
    printer.document([x.document() for x in found])


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show what a campaign is made of and how it stands.

    Example: tipsheet campaign show december
    """
    with opened(ctx) as door, door.db.read() as s:
        campaign = get_campaign(s, slug)
        facts = {
            **asdict(made_of(s, campaign)),
            "state": status_of(s, campaign).state,
            "for": _asked_for(campaign),
            "approved by": campaign.approved_by or "",
            "added by": campaign.added_by,
        }
    printer = Printer(as_json)
    printer.facts({**facts, "state": in_words(facts["state"])})
    printer.document({name.replace(" ", "_"): value for name, value in facts.items()})


@app.command()
def preview(
    ctx: typer.Context,
    slug: Slug,
    email: Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="As this subscriber would get it.")] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in a browser.")] = False,
    as_json: Json = False,
) -> None:
    """Write the mail as one person would get it, HTML and text, with links that do nothing.

    Example: tipsheet campaign preview december --as ana@example.com --open
    """
    with opened(ctx) as door, door.db.read() as s:
        filled, warnings = trial.preview(s, door.keys, get_campaign(s, slug), door.config, email)
    folder = door.config.file.parent / "var" / "preview"
    folder.mkdir(parents=True, exist_ok=True)
    html, text = folder / f"{slug}.html", folder / f"{slug}.txt"
    html.write_text(filled.html, "utf-8")
    text.write_text(filled.text, "utf-8")
    printer = Printer(as_json)
    printer.facts({"subject": filled.subject, "HTML": html, "text": text})
    warn(printer, (), warnings)
    printer.document(
        {"slug": slug, "subject": filled.subject, "html": str(html), "text": str(text), "warnings": warnings}
    )
    if open_it:
        typer.launch(html.resolve().as_uri())


@app.command("test")
def send_test(
    ctx: typer.Context,
    slug: Slug,
    to: Annotated[str, typer.Option(metavar="EMAIL", help="A colleague, from [delivery] test_to.")],
    without_events: Events = False,
    as_json: Json = False,
) -> None:
    """Send one test mail, with [Test] in the subject and links that do nothing; it counts nowhere.

    Example: tipsheet campaign test december --to kim@example.com
    """
    with opened(ctx) as door:
        with door.db.read() as s:
            campaign = get_campaign(s, slug)
            one = trial.parcel(s, campaign, door.config, to, without_events=without_events)
        answer = trial.send_test(open_provider(door.config), one)
    printer = Printer(as_json)
    printer.say(f"A test of {slug} is on its way to {to}.")
    printer.document({"slug": slug, "to": to, "message_id": answer.message_id})


@app.command()
def status(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show how far it got. The counts add up to the audience, or the command fails.

    Example: tipsheet campaign status december --json
    """
    with opened(ctx) as door, door.db.read() as s:
        found = status_of(s, get_campaign(s, slug))
    printer = Printer(as_json)
    draw_status(printer, found, door)
    printer.document(found.document())


@app.command()
def why(
    ctx: typer.Context,
    slug: Slug,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom you ask about, on the list or not.")],
    as_json: Json = False,
) -> None:
    """Say why a person did, or didn't, get it: every step that is on record.

    Example: tipsheet campaign why december ana@example.com
    """
    with opened(ctx) as door, door.db.read() as s:
        found = why_of(s, door.keys, get_campaign(s, slug), email, door.config.frequency)
    printer = Printer(as_json)
    printer.say(f"{email}: {in_words(found.verdict)}", "bold")
    zone = door.config.campaigns.zone
    steps = [(when(x.at, zone), x.what, in_zone(x.detail, zone)) for x in found.steps]
    printer.table(("at", "what", "detail"), steps, empty="")
    printer.document(found)


def draw_status(printer: Printer, found: Status, door: Door) -> None:
    zone = found.zone or door.config.campaigns.zone
    printer.say(f"{found.slug}: {in_words(found.state)}", "bold")
    if found.attention:
        printer.say(in_zone(found.attention, zone), "yellow")
    if found.waits:
        printer.say(in_zone(found.waits, zone))
    printer.facts({"for": when(found.scheduled_for, zone)})
    n = found.counts
    if n.audience:
        people = ("planned", "sending", "accepted", "refused", "skipped", "uncertain")
        _draw_counts(printer, ("recipients", n.audience), [(name, getattr(n, name)) for name in people])
    if n.uncertain:
        printer.say(f"Who is uncertain, and what is waited for: tipsheet campaign uncertain {found.slug}")
    if n.accepted:
        _draw_counts(printer, ("of the accepted", n.accepted), _happened(n, FATES))
    _draw_counts(printer, ("of the delivered", n.delivered), _happened(n, REACTIONS))
    copies = [(copy.email, copy.state, copy.words) for copy in found.copies]
    printer.table(("copy for a colleague", "state", ""), copies, empty="")


def _draw_counts(printer: Printer, whole: tuple[str, int], rows: Sequence[tuple[str, int]]) -> None:
    printer.table((whole[0], f"{whole[1]:,}>"), [(name, f"{many:,}") for name, many in rows], empty="")


def _happened(counts: Counts, names: Sequence[str]) -> list[tuple[str, int]]:
    """Without what happened to nobody."""
    return [(in_words(name), many) for name in names if (many := getattr(counts, name))]


FATES = ("delivered", "deferred", "blocked", "bounced", "dropped", "no_news")  # add up to the accepted
REACTIONS = ("complained", "opted_out")  # of people whom it was delivered to


def _asked_for(campaign: Campaign) -> str:
    where = f"in each person's zone, else {campaign.zone}" if campaign.local else campaign.zone
    over = f", over {lasting(timedelta(seconds=campaign.over_seconds))}" if campaign.over_seconds else ""
    return f"{campaign.wall} {where}{over}" if campaign.wall else over[2:]


def warn(printer: Printer, problems: Any, warnings: Any) -> None:
    for problem in problems:
        printer.say(f"✗ {problem}", "red")
    for warning in warnings:
        printer.say(f"! {warning}", "yellow")


def _n(found: Status, name: str) -> str:
    value = getattr(found.counts, name)
    return f"{value:,}" if value else ""
