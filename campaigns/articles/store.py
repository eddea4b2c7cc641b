"""Articles in the database: kept as they were read, found by their slug."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import NotFound, Refused
from campaigns.articles.blocks import Block
from campaigns.articles.source import FoundOffer, ReadArticle
from campaigns.models import Article
from campaigns.slugs import check_slug, slug_from


def add_article(s: Session, read: ReadArticle, *, slug: str | None = None, actor: str) -> Article:
    """Keep what was read. Raises Refused when the slug is taken."""
    slug = check_slug(slug) if slug else slug_from(read.title)
    if s.scalar(select(Article.id).where(Article.slug == slug)) is not None:
        raise Refused(f"The article {slug} is there already; choose another name with --slug")
    article = Article(
        slug=slug,
        title=read.title,
        url=read.url,
        image_url=read.image_url,
        image_alt=read.image_alt,
        phone=read.phone,
        blocks=[block.to_dict() for block in read.blocks],
        offers=[asdict(offer) for offer in read.offers],
        warnings=list(read.warnings),
        added_at=database_now(s),
        added_by=actor,
    )
    s.add(article)
    s.flush()
    return article


def get_article(s: Session, slug: str) -> Article:
    """Raises NotFound."""
    found = s.scalar(select(Article).where(Article.slug == slug))
    if found is None:
        raise NotFound(f"There is no article {slug[:80]!r}; see them with: tipsheet article list")
    return found


def all_articles(s: Session) -> list[Article]:
    """The newest first."""
    return list(s.scalars(select(Article).order_by(Article.id.desc())))


def as_read(article: Article) -> ReadArticle:
    """The article as it was when it was read: what excerpts are made from."""
    return ReadArticle(
        title=article.title,
        url=article.url,
        blocks=tuple(Block.from_dict(block) for block in article.blocks),
        offers=tuple(FoundOffer(**offer) for offer in article.offers),
        phone=article.phone,
        warnings=tuple(article.warnings),
        image_url=article.image_url,
        image_alt=article.image_alt,
    )
