"""How an article is shown: as a document, and drawn for people. The commands: articles.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from campaigns.articles.blocks import Block
from campaigns.articles.edits import by_hand, open_warnings, shown_excerpt
from campaigns.articles.excerpt import Excerpt
from campaigns.articles.store import as_read, origin_of
from campaigns.models import Article, Origin
from cli.door import Door
from cli.output import Printer


@dataclass(frozen=True)
class View:
    article: Article
    part: Excerpt  # as mails show it
    origin: Origin | None
    by_hand: tuple[str, ...]
    warnings: tuple[str, ...]


def view(door: Door, s: Any, article: Article) -> View:
    part = shown_excerpt(s, article, door.config.campaigns.excerpt_words)
    warnings = tuple(open_warnings(s, article))
    return View(article, part, origin_of(s, article), tuple(by_hand(s, article)), warnings)


def document(seen: View) -> dict[str, Any]:
    article, origin = seen.article, seen.origin
    return {
        "slug": article.slug,
        "title": article.title,
        "url": article.url,
        "author": origin.author if origin else "",
        "published": origin.published if origin else "",
        "read_from": origin.address if origin else "",
        "image_url": article.image_url,
        "image_alt": article.image_alt,
        "phone": article.phone,
        "blocks": article.blocks,
        "excerpt": seen.part,
        "offers": article.offers,
        "by_hand": list(seen.by_hand),
        "warnings": list(seen.warnings),
    }


def draw(printer: Printer, seen: View) -> None:
    if printer.as_json:
        return
    article, origin, part = seen.article, seen.origin, seen.part
    printer.say(article.title, "bold underline")
    printer.facts(
        {
            "url": article.url,
            "by": origin.author if origin else "",
            "on": origin.published if origin else "",
            "picture": article.image_url,
            "phone": article.phone,
            "by hand": ", ".join(name.replace("_", " ") for name in seen.by_hand),
        }
    )
    for block in as_read(article).blocks:
        _draw_block(printer, block)
    printer.say(f"\nExcerpt, {part.minutes} min to read", "bold underline")
    printer.say(part.lead)
    for point in part.key_points:
        printer.say(f"\n{point.title}", "bold")
        printer.say("\n".join(f"  • {item}" for item in point.items))
    for offer in article.offers:
        printer.say(f"\nOffer found: {offer['title']}", "bold underline")
        printer.say(offer["body"])
        printer.facts({"phone": offer["phone"], "url": offer["url"], "button": offer["cta"]})
    warn(printer, seen)


def warn(printer: Printer, seen: View) -> None:
    for warning in seen.warnings:
        printer.say(f"! {warning}", "yellow")


def _draw_block(printer: Printer, block: Block) -> None:
    if block.kind == "heading":
        printer.say(f"\n{'#' * block.level} {block.text}", "bold")
    elif block.kind == "list":
        printer.say("\n".join(f"  • {item}" for item in block.items))
    elif block.kind == "image":
        printer.say(f"  [picture {block.url}: {block.alt or 'not described'}]", "dim")
        if block.caption:
            printer.say(f"  {block.caption}", "dim")
    else:
        printer.say(f"  “{block.text}”" if block.kind == "quote" else block.text)
