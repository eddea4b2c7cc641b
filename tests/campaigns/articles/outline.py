"""An article as the lines that the `.expected` files beside the texts are written in, by hand."""

from __future__ import annotations

from campaigns.articles.blocks import Block
from campaigns.articles.excerpt import excerpt
from campaigns.articles.source import FoundOffer, ReadArticle


def outline(article: ReadArticle) -> str:
    proposed = " (proposed)" if any("no title" in warning for warning in article.warnings) else ""
    points = [f"key points: {' | '.join((p.title, *p.items))}" for p in excerpt(article).key_points]
    head = [f"title: {article.title}{proposed}", f"phone: {article.phone or '-'}"]
    return "\n".join([*head, *map(_offer, article.offers), *points, "", *map(_block, article.blocks), ""])


def _offer(offer: FoundOffer) -> str:
    paragraphs = len(offer.body.split("\n\n"))
    said = (offer.title, offer.phone or "-", offer.url or "-", offer.cta or "-", f"{paragraphs} paragraphs")
    return f"offer: {' | '.join(said)}"


def _block(block: Block) -> str:
    if block.kind == "heading":
        return f"heading {block.level}: {block.text}"
    if block.kind == "list":
        return f"list: {' | '.join(block.items)}"
    return f"{block.kind}: {' '.join(block.text.split()[:4])}"
