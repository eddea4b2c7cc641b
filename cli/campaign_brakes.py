"""`tipsheet campaign …`: what can be changed while it leaves. Pausing and the like are campaign_decisions.py."""

from __future__ import annotations

from typing import Annotated

import typer

from base.errors import BadInput
from base.words import counted
from campaigns import under_way
from campaigns.drafts import get_campaign
from cli.campaign_decisions import tell
from cli.campaign_doubts import app as app
from cli.campaigns import Slug
from cli.door import actor, noted, opened
from cli.output import Json


@app.command()
def pace(
    ctx: typer.Context,
    slug: Slug,
    per_hour: Annotated[int | None, typer.Option("--per-hour", min=1, help="So many mails an hour at most.")] = None,
    none: Annotated[bool, typer.Option("--none", help="No limit of its own any more.")] = False,
    as_json: Json = False,
) -> None:
    """Say how fast it may leave, at any time, also while it leaves. [pace] holds for all campaigns together besides.

    Example: tipsheet campaign pace december --per-hour 5000
    """
    if (per_hour is None) is not none:
        raise BadInput("Say either how many an hour, with --per-hour 5000, or --none")
    with opened(ctx) as door:
        with door.db.write() as s:
            before = under_way.set_pace(s, get_campaign(s, slug, lock=True), per_hour or 0)
            noted(s, "campaign pace", slug, before={"per_hour": before}, after={"per_hour": per_hour or 0})
        speed = f"at most {counted(per_hour, 'mail', 'mails')} an hour" if per_hour else "without a limit of its own"
        tell(door, slug, as_json, f"{slug} leaves {speed}.")


@app.command()
def retry(
    ctx: typer.Context,
    slug: Slug,
    refused: Annotated[bool, typer.Option("--refused", help="Everybody whom the provider refused.")] = False,
    because: Annotated[str, typer.Option(help="What was mended; it stands on record beside your name.")] = "",
    as_json: Json = False,
) -> None:
    """Send it once more to those whom the provider refused, and to nobody else. Who opted out meanwhile is skipped.

    Example: tipsheet campaign retry december --refused --because 'their domain takes mail again'
    """
    if not refused:
        raise BadInput("Say whom: --refused is everybody whom the provider said no to")
    with opened(ctx) as door:
        with door.db.write() as s:
            campaign = get_campaign(s, slug, lock=True)
            done = under_way.retry_refused(s, campaign, door.config, by=actor(), because=because)
            noted(s, "campaign retry", slug, after={"people": done.people, "because": because})
        words = f"{counted(done.people, 'person is', 'people are')} tried again, if they may still be mailed."
        if done.doubtful:
            words += f" {counted(done.doubtful, 'stays', 'stay')} refused: an earlier attempt may have reached them."
        tell(door, slug, as_json, words, needs_service=True)
