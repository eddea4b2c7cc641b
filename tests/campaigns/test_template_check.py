"""Trying a template: every problem at once, with template and line; and what it looks like with made-up content."""

from __future__ import annotations

from pathlib import Path

import pytest

from base.config import Config, TemplatesConfig
from base.database import Database
from base.errors import Refused
from campaigns import template_check, template_files
from campaigns.examples.sample import CONTENTS, OFFER, article
from campaigns.template_check import Problem
from templates import folder

PACKAGED = ["announcement", "monthly-tips", "offer"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(file=tmp_path / "config.toml", templates=TemplatesConfig(path=tmp_path / "mine"))


def check(db: Database, config: Config, name: str) -> list[Problem]:
    with db.read() as s:
        return template_check.check(s, config, name)


def ours(config: Config, file: str, old: str, new: str) -> None:
    """A copy of monthly-tips, called ours, with one change."""
    home = (config.templates.path or Path()) / "email" / "ours"
    if not home.exists():
        template_files.copy(config, "ours", "monthly-tips")
    text = (home / file).read_text("utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("name", PACKAGED)
def test_the_packaged_ones_and_their_copies_are_in_order(sqlite_db: Database, config: Config, name: str) -> None:
    template_files.copy(config, "ours", name)
    assert check(sqlite_db, config, name) == check(sqlite_db, config, "ours") == []


def test_every_mistake_is_named_with_template_and_line_in_their_order(sqlite_db: Database, config: Config) -> None:
    wrong = (
        "{{ brand.fone }} {{ subscriber.frist_name }} {{ links.unsub }}\n{{ nothing }}\n"
        "{% for t in subscriber.tags %}{{ t }}{% endfor %}\n{{ subscriber.first_name | shout }}\n"
        "{% set x = subscriber.first_name %}\n"
    )
    ours(config, "_masthead.html", "{#-", wrong + "{#-")
    ours(config, "mail.txt", "{#-", "{{ list.title }}{#-")
    found = check(sqlite_db, config, "ours")
    assert [problem.words.partition(";")[0] for problem in found] == [
        "ours/_masthead.html, line 1: brand.fone is not known",
        "ours/_masthead.html, line 1: subscriber.frist_name is not known",
        "ours/_masthead.html, line 1: links.unsub is not known",
        "ours/_masthead.html, line 2: nothing is not known",
        "ours/_masthead.html, line 3: a loop is the same for everybody",
        "ours/_masthead.html, line 4: there is no filter 'shout'",
        "ours/_masthead.html, line 5: {% set %} is the same for everybody",
        "ours/mail.txt, line 1: list.title is not known",
    ]
    assert all(problem.stops and problem.contents == tuple(CONTENTS) for problem in found)


def test_a_mistake_that_shows_with_one_content_only_says_with_which(sqlite_db: Database, config: Config) -> None:
    ours(config, "_offer.html", "{{ offer.title }}", "{{ offer.titel }}")
    (problem,) = check(sqlite_db, config, "ours")
    assert problem.contents == ("article and offer", "offer alone")


def test_a_mistake_that_only_rendering_shows_is_found_too(sqlite_db: Database, config: Config) -> None:
    ours(config, "mail.html", "{%- if article %}\n", "{%- if article %}{{ 1 / (article.minutes - article.minutes) }}\n")
    (problem,) = check(sqlite_db, config, "ours")
    assert problem.words.startswith("ours/mail.html, line 5: division by zero")
    assert problem.contents == ("article and offer", "article alone")


def test_what_a_launch_would_refuse_is_refused_here(sqlite_db: Database, config: Config) -> None:
    ours(config, "_footer.html", "{{ links.unsubscribe }}", "https://example.com/")
    ours(config, "_base.txt", "{{ flow(brand.address) }}", "")
    ours(config, "_footer.html", "<table", f"<!--[if mso]>{'x' * 100_000}<![endif]--><table")
    said = " ".join(problem.words for problem in check(sqlite_db, config, "ours"))
    assert "the HTML has no unsubscribe link" in said
    assert "the text part lacks the postal address" in said
    assert "Gmail would clip it" in said


def test_an_empty_text_part_and_one_that_cannot_be_read_are_problems(sqlite_db: Database, config: Config) -> None:
    ours(config, "mail.txt", "{%- extends", "{% if %}")
    (problem,) = check(sqlite_db, config, "ours")
    assert problem.words.startswith("ours/mail.txt, line 2: Expected an expression")
    ((config.templates.path or Path()) / "email/ours/mail.txt").write_text("", "utf-8")
    assert "the mail has no text part" in check(sqlite_db, config, "ours")[0].words


def test_a_field_without_a_default_is_a_warning_and_stops_nothing(sqlite_db: Database, config: Config) -> None:
    ours(config, "_footer.html", "Privacy", "{{ subscriber.last_name }}")
    (problem,) = check(sqlite_db, config, "ours")
    assert not problem.stops
    assert "_footer.html, line 11: subscriber.last_name is empty for whoever has none" in problem.words


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", PACKAGED)
def test_a_preview_shows_the_content_it_is_given(sqlite_db: Database, config: Config, name: str, content: str) -> None:
    with sqlite_db.read() as s:
        mail = template_check.preview(s, config, name, content)
    for part in (mail.html, mail.text):
        assert "Hello Robin," in part
        assert (OFFER.title in part) is ("offer" in content)
        assert (article(60).title in part) is ("article" in content)
    assert "/u/test" in mail.html


def test_a_preview_of_what_does_not_compile_says_why(sqlite_db: Database, config: Config) -> None:
    ours(config, "_footer.html", "brand.address", "brand.adress")
    with sqlite_db.read() as s, pytest.raises(Refused, match=r"ours/_footer.html, line \d+: brand.adress"):
        template_check.preview(s, config, "ours")


def test_the_footer_stands_once_in_each_part() -> None:
    homes = [file for file in (folder() / "email").rglob("*.*") if "links.unsubscribe" in file.read_text("utf-8")]
    assert sorted(file.name for file in homes) == ["_base.txt", "_footer.html"]
