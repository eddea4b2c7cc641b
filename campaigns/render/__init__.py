"""Rendering: a template and a campaign's names become one compiled message, or one person's mail the slow way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jinja2
from jinja2 import nodes

from base.errors import Broken
from campaigns.render.environment import LINKS, Environment
from campaigns.render.inline import inline as inlined
from campaigns.render.names import check, parts, personal_parts
from campaigns.render.partial import Recorder, Rewriter, Tokens
from campaigns.render.places import places
from campaigns.render.slots import SlotMaker
from campaigns.render.subset import Subset
from campaigns.render.text import finish_subject, finish_text
from delivery.expressions import Links, Person
from delivery.slots import Filled, Message, Place, Recipient

__all__ = ["LINKS", "Compiled", "Source", "compile_mail", "render_naively"]


@dataclass(frozen=True)
class Source:
    """Jinja sources; they may include and import from the loader."""

    name: str
    html: str
    text: str
    subject: str


@dataclass(frozen=True)
class Compiled:
    message: Message
    warnings: tuple[str, ...]


def compile_mail(
    source: Source, names: Mapping[str, Any], fields: Mapping[str, str | None], loader: jinja2.BaseLoader
) -> Compiled:
    """Renders for the campaign once. `fields`: the subscriber's fields with their defaults. Raises Refused."""
    compiler = _Compiler(names, fields)
    html_env, text_env, subject_env = environments(source, loader)
    html = compiler.html(html_env)
    text = compiler.plain(text_env, Place.PLAIN)
    subject = compiler.plain(subject_env, Place.SUBJECT)
    return Compiled(Message(subject, html, text, compiler.maker.slots), tuple(compiler.warnings))


def render_naively(
    source: Source,
    names: Mapping[str, Any],
    recipient: Recipient,
    loader: jinja2.BaseLoader,
    fields: Mapping[str, str | None] | None = None,
) -> Filled:
    """Renders everything for this one person, then inlines: slow, and what every compiled mail is held against."""
    defaults = {name: default for name, default in (fields or {}).items() if default}
    given = {name: value for name, value in recipient.subscriber.items() if value not in (None, "")}
    person = {"subscriber": Person(defaults | given), "links": Links(recipient.links)}
    html, text, subject = (env.render({**names, **person}) for env in _untouched_environments(source, loader))
    return Filled(finish_subject(subject), inlined(html), finish_text(text))


def environments(source: Source, loader: jinja2.BaseLoader) -> tuple[Environment, Environment, Environment]:
    return (
        Environment(f"{source.name}/mail.html", source.html, loader, html=True),
        Environment(f"{source.name}/mail.txt", source.text, loader, html=False),
        Environment(f"the subject of {source.name}", source.subject, loader, html=False),
    )


def compiled_fields(fields: Mapping[str, str | None]) -> dict[str, str | None]:
    """With those that everybody has."""
    return {"email": None, "tags": None, **fields}


# Compiling the templates again for each person would make the naive way look slower than it is.
_untouched_environments = lru_cache(maxsize=1)(environments)


class _Compiler:
    def __init__(self, names: Mapping[str, Any], fields: Mapping[str, str | None]) -> None:
        self._names = names
        self._fields = compiled_fields(fields)
        self._tokens = Tokens()
        self.maker = SlotMaker(self._tokens)
        self.warnings: dict[str, None] = {}

    def html(self, env: Environment) -> str:
        rendered, recorder = self._render(env, html=True)
        found = places(rendered, recorder.holes, self._tokens)
        result = inlined(rendered)
        count = self._tokens.pattern.findall
        if sorted(count(rendered)) != sorted(count(result)):
            raise Broken(f"Inlining {env.root} lost a place where the subscriber stands; please report this template")
        everywhere = {token: found.get(token, Place.TEXT) for token in recorder.holes}
        return self.maker.make(result, recorder.holes, everywhere, html=True)

    def plain(self, env: Environment, place: Place) -> str:
        rendered, recorder = self._render(env, html=False)
        finished = finish_text(rendered) if place is Place.PLAIN else finish_subject(rendered)
        return self.maker.make(finished, recorder.holes, dict.fromkeys(recorder.holes, place), html=False)

    def _render(self, env: Environment, *, html: bool) -> tuple[str, Recorder]:
        trees = parts(env)
        personal = personal_parts(trees)
        check(env, trees, self._names)
        for name, tree in trees.items():
            self._check_subset(name, tree, personal)

        def rewrite(tree: nodes.Template, name: str) -> nodes.Template:
            self._check_subset(name, tree, personal)  # again, for templates whose names only rendering tells
            rewritten: nodes.Template = Rewriter(name, self._fields).visit(tree)
            return rewritten

        env.rewrite = rewrite
        env.recorder = Recorder(self._tokens, html=html)
        return env.render(self._names), env.recorder

    def _check_subset(self, name: str, tree: nodes.Template, personal: frozenset[str]) -> None:
        subset = Subset(name, self._fields, personal)
        subset.check(tree)
        self.warnings.update(dict.fromkeys(subset.warnings))
