"""What a person sets on an article by hand: it stands in mails instead of what was read, and outlives each reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.database import database_now
from base.errors import BadInput, NotFound
from campaigns.articles.encoding import without_hidden
from campaigns.articles.excerpt import Excerpt, KeyPoint, excerpt
from campaigns.articles.store import as_read
from campaigns.articles.urls import is_picture_url, is_web_url
from campaigns.models import Article, Edit

FIELDS = ("title", "lead", "key-points", "image", "url")

_KEY_POINTS_TITLE = "In this article"
_LONGEST: Mapping[str, int] = {"title": 300, "lead": 3000, "key_points": 300, "image_alt": 500}
# A picture and its words go together: the words of one would be wrong for another.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "lead": ("lead",),
    "key-points": ("key_points",),
    "image": ("image_url", "image_alt"),
    "url": ("url",),
}


@dataclass(frozen=True)
class Wish:
    """What to set; None leaves as it is. No key points at all: an empty sequence."""

    title: str | None = None
    lead: str | None = None  # paragraphs with a blank line between them
    key_points: Sequence[str] | None = None
    key_points_title: str | None = None
    image: str | None = None  # an address, or "" for no picture
    image_alt: str | None = None
    url: str | None = None


def set_by_hand(s: Session, article: Article, wish: Wish, *, actor: str) -> tuple[str, ...]:
    """What is worth a warning. Raises BadInput for what cannot stand in a mail."""
    values = _values(s, article, wish)
    if not values:
        raise BadInput("Nothing was given to set; see: tipsheet article set --help")
    now = database_now(s)
    for field, value in values.items():
        edit = s.get(Edit, (article.id, field))
        if edit is None:
            read = getattr(article, field, None)
            s.add(Edit(article_id=article.id, field=field, value=value, as_read=read, set_at=now, set_by=actor))
        else:
            edit.value, edit.set_at, edit.set_by = value, now, actor
        if hasattr(article, field):
            setattr(article, field, value)
    s.flush()
    if values.get("image_url") and not values["image_alt"]:
        return (f"The picture {values['image_url'][:80]!r} has no alt text: say what it shows with --image-alt.",)
    return ()


def reset(s: Session, article: Article, fields: Sequence[str]) -> None:
    """Back to what was read. Raises NotFound for what no hand has set."""
    for name in fields:
        edits = [edit for part in _parts(name) if (edit := s.get(Edit, (article.id, part)))]
        if not edits:
            raise NotFound(f"The {name} of {article.slug} was not set by hand; it is what was read already")
        for edit in edits:
            if hasattr(article, edit.field):
                setattr(article, edit.field, edit.as_read)
            s.delete(edit)
    s.flush()


def by_hand(s: Session, article: Article) -> dict[str, Any]:
    """What a hand set on it, by field."""
    return {edit.field: edit.value for edit in s.scalars(select(Edit).where(Edit.article_id == article.id))}


def given_along(s: Session, article: Article) -> dict[str, Any]:
    """What was given when it was read, and so is what a hand set and what was read at once."""
    edits = s.scalars(select(Edit).where(Edit.article_id == article.id))
    return {edit.field: edit.value for edit in edits if edit.value == edit.as_read}


def shown_excerpt(s: Session, article: Article, words: int) -> Excerpt:
    """The excerpt that mails show: what a hand set, else what is made from the article."""
    made, mine = excerpt(as_read(article), words), by_hand(s, article)
    if "lead" in mine:
        made = replace(made, lead=mine["lead"])
    if "key_points" in mine:
        groups = (KeyPoint(group["title"], tuple(group["items"])) for group in mine["key_points"])
        made = replace(made, key_points=tuple(groups))
    return made


def open_warnings(s: Session, article: Article) -> list[str]:
    """What was amiss when it was read, without what a hand has mended since."""
    picture = s.get(Edit, (article.id, "image_url"))
    if picture is None or (picture.value and not article.image_alt):
        return list(article.warnings)
    return [warning for warning in article.warnings if not picture.as_read or picture.as_read[:80] not in warning]


def _values(s: Session, article: Article, wish: Wish) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if wish.title is not None:
        values["title"] = _words("title", wish.title)
    if wish.lead is not None:
        values["lead"] = _lead(wish.lead)
    if wish.key_points is not None or wish.key_points_title is not None:
        values["key_points"] = _key_points(s, article, wish)
    if wish.image is not None or wish.image_alt is not None:
        values |= _image(article, wish)
    if wish.url is not None:
        if wish.url and not is_web_url(wish.url):
            raise BadInput(f"{wish.url[:80]!r} is no web address: give the whole of it, beginning with https://")
        values["url"] = wish.url
    return values


def _words(field: str, text: str) -> str:
    text = " ".join(without_hidden(text).split())
    if not text:
        raise BadInput(
            f"The {field.replace('_', ' ')} has no words: give some, or go back to what was read with --reset"
        )
    if len(text) > _LONGEST[field]:
        raise BadInput(f"The {field.replace('_', ' ')} has more than {_LONGEST[field]} characters: say it in fewer")
    return text


def _lead(text: str) -> str:
    paragraphs = [" ".join(part.split()) for part in without_hidden(text).replace("\r\n", "\n").split("\n\n")]
    _words("lead", text)
    return "\n\n".join(filter(None, paragraphs))


def _key_points(s: Session, article: Article, wish: Wish) -> list[dict[str, Any]]:
    shown = shown_excerpt(s, article, words=1).key_points
    title = wish.key_points_title or (shown[0].title if shown else _KEY_POINTS_TITLE)
    points = wish.key_points if wish.key_points is not None else (shown[0].items if shown else ())
    if not points and wish.key_points_title:
        raise BadInput("There are no key points for this title: give them with --key-point")
    items = [_words("key_points", point) for point in points]
    return [{"title": _words("key_points", title), "items": items}] if items else []


def _image(article: Article, wish: Wish) -> dict[str, str]:
    url = article.image_url if wish.image is None else wish.image.strip()
    if url and not is_picture_url(url):
        raise BadInput(f"{url[:80]!r} is no address of a picture for mails: give the whole of it, with https://")
    if not url and wish.image_alt:
        raise BadInput(f"The article {article.slug} has no picture that these words could be for: give it with --image")
    alt = wish.image_alt or ""
    return {"image_url": url, "image_alt": _words("image_alt", alt) if alt else ""}


def _parts(name: str) -> tuple[str, ...]:
    if name not in _PARTS:
        raise BadInput(f"{name[:40]!r} is nothing that a hand can set; there are {', '.join(FIELDS)}")
    return _PARTS[name]
