"""What a hand sets stands in mails, and no reading overwrites it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from base.database import Database
from base.errors import BadInput, NotFound
from campaigns.articles.edits import Wish, by_hand, open_warnings, reset, set_by_hand, shown_excerpt
from campaigns.articles.excerpt import KeyPoint
from campaigns.articles.source import ReadArticle, read_bytes
from campaigns.articles.store import add_article, free_slug, get_article, origin_of, renew

POST = b"""# Stretch before you run

Running is good for you. Warm up before you set out.

## How to begin

- Walk for five minutes
- Swing your legs
"""


def read(**changes: str) -> ReadArticle:
    picture = {"image_url": "https://a.example/read.png", "image_alt": "As read"}
    return replace(read_bytes(POST, name="post.md", markdown=True), **picture | changes)  # type: ignore[arg-type]


BY_HAND = Wish(
    title="Warm up first",
    lead="Five minutes are enough.\n\nReally.",
    key_points=["Walk", "Swing"],
    key_points_title="Two steps",
    image="https://a.example/mine.png",
    image_alt="A runner at a wall",
)


def test_what_a_hand_sets_outlives_each_reading(db: Database) -> None:
    with db.write() as s:
        article = add_article(s, read(), actor="robin", address="https://a.example/post")
        assert set_by_hand(s, article, BY_HAND, actor="robin") == ()
    with db.write() as s:
        changed = replace(read(title="A new title", image_url="https://a.example/new.png"), phone="(555) 010-0142")
        assert renew(s, get_article(s, article.slug), changed)
    with db.read() as s:
        kept = get_article(s, article.slug)
        assert (kept.title, kept.image_url) == ("Warm up first", "https://a.example/mine.png")
        assert kept.image_alt == "A runner at a wall"
        assert kept.phone == "(555) 010-0142"  # no hand set it
        shown = shown_excerpt(s, kept, 60)
        assert shown.lead == "Five minutes are enough.\n\nReally."
        assert shown.key_points == (KeyPoint("Two steps", ("Walk", "Swing")),)
        assert set(by_hand(s, kept)) == {"title", "lead", "key_points", "image_url", "image_alt"}


def test_what_goes_back_is_what_was_read_last(db: Database) -> None:
    with db.write() as s:
        article = add_article(s, read(), actor="robin")
        before = shown_excerpt(s, article, 60)
        set_by_hand(s, article, BY_HAND, actor="robin")
        renew(s, article, read(title="A new title", image_url="https://a.example/new.png", image_alt="New"))
        reset(s, article, ["title", "lead", "key-points", "image"])
    with db.read() as s:
        kept = get_article(s, article.slug)
        assert (kept.title, kept.image_url, kept.image_alt) == ("A new title", "https://a.example/new.png", "New")
        assert shown_excerpt(s, kept, 60) == before
        assert by_hand(s, kept) == {}


def test_reading_the_same_again_changes_nothing(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        article = add_article(s, read(), actor="robin")
        assert not renew(s, article, read())
        origin = origin_of(s, article)
        assert origin is not None
        assert origin.changed_at is None
        assert renew(s, article, read(author="Robin Vale"))
        assert origin.author == "Robin Vale"
        assert origin.changed_at is not None


def test_an_article_from_before_origins_were_kept_can_be_read_again(db: Database) -> None:
    with db.write() as s:
        article = add_article(s, read(), actor="robin")
        s.delete(origin_of(s, article))
        s.flush()
        assert renew(s, article, read(title="A new title"))
    with db.read() as s:
        assert get_article(s, article.slug).title == "A new title"


def test_one_thing_set_leaves_the_others_to_the_reading(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        article = add_article(s, read(), actor="robin")
        set_by_hand(s, article, Wish(key_points=["Walk"]), actor="robin")
        assert shown_excerpt(s, article, 60).key_points == (KeyPoint("How to begin", ("Walk",)),)
        set_by_hand(s, article, Wish(key_points=[]), actor="robin")
        assert shown_excerpt(s, article, 60).key_points == ()
        set_by_hand(s, article, Wish(image_alt="Better words"), actor="robin")
        renew(s, article, read(image_url="https://a.example/other.png"))
        assert (article.image_url, article.image_alt) == ("https://a.example/read.png", "Better words")


def test_a_picture_without_words_is_a_warning(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        article = add_article(s, read(), actor="robin")
        (warning,) = set_by_hand(s, article, Wish(image="https://a.example/mine.png"), actor="robin")
        assert warning.endswith("has no alt text: say what it shows with --image-alt.")
        assert set_by_hand(s, article, Wish(image=""), actor="robin") == ()
        assert article.image_url == ""


def test_a_warning_that_a_hand_has_seen_to_is_over(sqlite_db: Database) -> None:
    missing = "The picture 'https://a.example/read.png' has no alt text: write what it shows."
    with sqlite_db.write() as s:
        found = replace(read(image_alt=""), warnings=(missing, "A table was turned into a list."))
        article = add_article(s, found, actor="robin")
        assert open_warnings(s, article) == list(found.warnings)
        set_by_hand(s, article, Wish(image_alt="A back"), actor="robin")
        assert open_warnings(s, article) == ["A table was turned into a list."]
        reset(s, article, ["image"])
        assert open_warnings(s, article) == list(found.warnings)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish(), "Nothing was given to set"),
        (Wish(title=" \n"), "The title has no words"),
        (Wish(title="a" * 301), "more than 300 characters"),
        (Wish(lead="a " * 2000), "more than 3000 characters"),
        (Wish(key_points=["", "Walk"]), "key points has no words"),
        (Wish(image="http://a.example/b.png"), "is no address of a picture for mails"),
        (Wish(image="/b.png"), "is no address of a picture for mails"),
        (Wish(image="", image_alt="Words"), "has no picture that these words could be for"),
        (Wish(url="javascript:alert(1)"), "is no web address"),
    ],
)
def test_what_cannot_stand_in_a_mail_is_refused(sqlite_db: Database, wish: Wish, sentence: str) -> None:
    with sqlite_db.write() as s:
        article = add_article(s, read(), actor="robin")
        with pytest.raises(BadInput, match=sentence):
            set_by_hand(s, article, wish, actor="robin")
        assert by_hand(s, article) == {}


def test_only_what_a_hand_set_goes_back(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        article = add_article(s, read(), actor="robin")
        with pytest.raises(NotFound, match="The lead of stretch-before-you-run was not set by hand"):
            reset(s, article, ["lead"])
        with pytest.raises(BadInput, match="there are title, lead, key-points, image, url"):
            reset(s, article, ["phone"])


def test_what_arrives_by_itself_finds_a_free_name(sqlite_db: Database) -> None:
    with sqlite_db.write() as s:
        for expected in ("stretch", "stretch-2", "stretch-3"):
            slug = free_slug(s, "Stretch!")
            assert slug == expected
            add_article(s, read(), slug=slug, actor="robin")
        assert free_slug(s, "背中") == "article"
