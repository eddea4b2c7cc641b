"""Articles in the database: kept as they were read, found by their slug, read again. What a hand set: edits.py."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import add_new, database_now
from base.errors import NotFound, Refused
from campaigns.articles.blocks import Block
from campaigns.articles.source import FoundOffer, ReadArticle
from campaigns.articles.urls import names_the_web
from campaigns.models import Article, Edit, Origin
from campaigns.slugs import LONGEST, check_slug, slug_from

# What a person may set as well; reading again leaves it alone when they did.
_ALSO_BY_HAND = ("title", "url", "image_url", "image_alt")


def add_article(s: Session, read: ReadArticle, *, slug: str | None = None, actor: str, address: str = "") -> Article:
    """Keep what was read at `address`, of a page or a file. Raises Refused when the slug is taken."""
    slug = check_slug(slug) if slug else slug_from(read.title)
    now = database_now(s)
    article = Article(
        slug=slug,
        title=read.title,
        url=read.url,
        image_url=read.image_url,
        image_alt=read.image_alt,
        **_content(read),
        added_at=now,
        added_by=actor,
    )
    add_new(s, article, f"The article {slug} is there already; choose another name with --slug")
    about = {"author": read.author, "published": read.published, "digest": digest_of(read)}
    s.add(Origin(article_id=article.id, address=address, read_at=now, **about))
    s.flush()
    return article


def renew(s: Session, article: Article, read: ReadArticle) -> bool:
    """Put what was read anew in the place of what was read before, and leave what a hand set. Whether it differs."""
    origin = origin_of(s, article) or _unknown_origin(s, article)
    now, digest = database_now(s), digest_of(read)
    origin.read_at = now
    if digest == origin.digest:
        return False
    edits = {edit.field: edit for edit in s.scalars(select(Edit).where(Edit.article_id == article.id))}
    for field in _ALSO_BY_HAND:
        if field in edits:
            edits[field].as_read = getattr(read, field)
        else:
            setattr(article, field, getattr(read, field))
    for field, value in _content(read).items():
        setattr(article, field, value)
    origin.author, origin.published = read.author, read.published
    origin.digest, origin.changed_at = digest, now
    s.flush()
    return True


def get_article(s: Session, slug: str) -> Article:
    """Raises NotFound."""
    found = s.scalar(select(Article).where(Article.slug == slug))
    if found is None:
        raise NotFound(f"There is no article {slug[:80]!r}; see them with: tipsheet article list")
    return found


def article_at(s: Session, url: str) -> Article | None:
    """The one that was read at this address or says that it is its own."""
    named = select(Article).outerjoin(Origin).where((Origin.address == url) | (Article.url == url))
    return s.scalar(named.order_by(Article.id).limit(1)) if url else None


def all_articles(s: Session) -> list[Article]:
    """The newest first."""
    return list(s.scalars(select(Article).order_by(Article.id.desc())))


def origin_of(s: Session, article: Article) -> Origin | None:
    """None for articles that were added before origins were kept."""
    return s.get(Origin, article.id)


def is_from_web(s: Session, article: Article) -> bool:
    """Whether it was read from a page or a feed, and not from a file of somebody's."""
    origin = origin_of(s, article)
    return origin is not None and names_the_web(origin.address)


def free_slug(s: Session, title: str) -> str:
    """A name that nobody took, for what arrives by itself."""
    try:
        wanted = slug_from(title)
    except Refused:  # no letter of the title can stand in a name
        wanted = "article"
    slug, number = wanted, 1
    while _is_taken(s, slug):
        number += 1
        slug = f"{wanted[: LONGEST - len(str(number)) - 1].rstrip('-')}-{number}"
    return slug


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


def digest_of(read: ReadArticle) -> str:
    return sha256(json.dumps(asdict(read), sort_keys=True).encode()).hexdigest()


def _unknown_origin(s: Session, article: Article) -> Origin:
    unknown = {"address": "", "author": "", "published": "", "digest": ""}
    origin = Origin(article_id=article.id, **unknown, read_at=article.added_at)
    s.add(origin)
    return origin


def _content(read: ReadArticle) -> dict[str, object]:
    return {
        "phone": read.phone,
        "blocks": [block.to_dict() for block in read.blocks],
        "offers": [asdict(offer) for offer in read.offers],
        "warnings": list(read.warnings),
    }


def _is_taken(s: Session, slug: str) -> bool:
    return s.scalar(select(Article.id).where(Article.slug == slug)) is not None
