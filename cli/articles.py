"""`tipsheet article …`: pieces from the blog, read into blocks."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from campaigns.articles.blocks import Block
from campaigns.articles.excerpt import Excerpt, excerpt
from campaigns.articles.source import read_article
from campaigns.articles.store import add_article, all_articles, as_read, get_article
from campaigns.models import Article
from cli.door import actor, opened
from cli.output import Json, Printer, when

app = typer.Typer(help="Articles: pieces from the blog, read into blocks.")
Slug = Annotated[str, typer.Argument(help="The article's short name; see tipsheet article list.")]


@app.command()
def add(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(help="A text or Markdown file, or - for standard input.")],
    title: Annotated[str | None, typer.Option(help="Instead of the one that the text has.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the whole article can be read.")] = None,
    slug: Annotated[str | None, typer.Option(help="A short name; made from the title when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Read an article and keep it.

    Example: tipsheet article add post.md --url https://example.com/blog/post
    """
    with opened(ctx) as door:
        read = read_article(source, sys.stdin.buffer, title=title, url=url)
        with door.db.write() as s:
            article = add_article(s, read, slug=slug, actor=actor())
        part = excerpt(read, door.config.campaigns.excerpt_words)
    printer = Printer(as_json)
    printer.say(
        f"The article {article.slug} is added; look at what was read with: tipsheet article show {article.slug}"
    )
    _warn(printer, article)
    printer.document(_document(article, part))


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """Show every article, the newest first.

    Example: tipsheet article list
    """
    with opened(ctx) as door, door.db.read() as s:
        articles, zone = all_articles(s), door.config.campaigns.zone
    printer = Printer(as_json)
    rows = [(x.slug, x.title, len(x.offers), when(x.added_at, zone), x.added_by) for x in articles]
    empty = "No article yet; add one with: tipsheet article add SOURCE"
    printer.table(("article", "title", "offers>", "added", "by"), rows, empty=empty)
    printer.document(
        [
            {"slug": x.slug, "title": x.title, "url": x.url, "added_at": x.added_at, "added_by": x.added_by}
            for x in articles
        ]
    )


@app.command()
def show(ctx: typer.Context, slug: Slug, as_json: Json = False) -> None:
    """Show what was read: blocks, excerpt, offers, warnings.

    Example: tipsheet article show why-your-back-hurts
    """
    with opened(ctx) as door, door.db.read() as s:
        article = get_article(s, slug)
        part = excerpt(as_read(article), door.config.campaigns.excerpt_words)
    printer = Printer(as_json)
    _draw(printer, article, part)
    printer.document(_document(article, part))


def _document(article: Article, part: Excerpt) -> dict[str, Any]:
    return {
        "slug": article.slug,
        "title": article.title,
        "url": article.url,
        "image_url": article.image_url,
        "image_alt": article.image_alt,
        "phone": article.phone,
        "blocks": article.blocks,
        "excerpt": part,
        "offers": article.offers,
        "warnings": article.warnings,
    }


def _draw(printer: Printer, article: Article, part: Excerpt) -> None:
    if printer.as_json:
        return
    printer.say(article.title, "bold underline")
    printer.facts({"url": article.url, "picture": article.image_url, "phone": article.phone})
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
    _warn(printer, article)


def _draw_block(printer: Printer, block: Block) -> None:
    if block.kind == "heading":
        printer.say(f"\n{'#' * block.level} {block.text}", "bold")
    elif block.kind == "list":
        printer.say("\n".join(f"  • {item}" for item in block.items))
    elif block.kind == "image":
        printer.say(f"  [picture {block.url}: {block.alt or 'not described'}]", "dim")
    else:
        printer.say(f"  “{block.text}”" if block.kind == "quote" else block.text)


def _warn(printer: Printer, article: Article) -> None:
    for warning in article.warnings:
        printer.say(f"! {warning}", "yellow")
