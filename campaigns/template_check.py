"""Trying a template with made-up content: what is wrong with it, and what it looks like. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from base.config import Config
from base.errors import Refused
from campaigns import preflight, template_files
from campaigns.content import brand, template_fields
from campaigns.examples import sample
from campaigns.render import Compiled, Source, compile_mail
from campaigns.render.faults import faults
from campaigns.trial import INERT, SOMEBODY
from delivery.packing import link_urls
from delivery.slots import Filled, Filler, Recipient


@dataclass(frozen=True)
class Problem:
    words: str  # with template and line, where there is a line
    contents: tuple[str, ...]  # which of the contents show it
    stops: bool  # a campaign with it is refused; else it is only a warning


def check(s: Session, config: Config, name: str) -> list[Problem]:
    """Everything at once, for each content that a campaign may bring along. Raises NotFound."""
    source = template_files.source(config, name, sample.SUBJECT)
    seen: dict[tuple[str, bool], list[str]] = {}
    for content in sample.CONTENTS:
        for words, stops in dict.fromkeys(_problems(s, config, source, content)):
            seen.setdefault((words, stops), []).append(content)
    return [Problem(words, tuple(contents), stops) for (words, stops), contents in seen.items()]


def preview(s: Session, config: Config, name: str, content: str = "article and offer") -> Filled:
    """The mail with made-up content, for a made-up person. Raises NotFound or Refused."""
    source = template_files.source(config, name, sample.SUBJECT)
    links = link_urls(config.web.public_url.rstrip("/"), INERT, INERT)
    return Filler(_compiled(s, config, source, content).message).fill(Recipient(SOMEBODY, links))


def _problems(s: Session, config: Config, source: Source, content: str) -> Iterator[tuple[str, bool]]:
    names, loader = _names(config, content), template_files.loader(config)
    found = faults(source, names, template_fields(s), loader)
    for fault in found:
        yield fault.sentence, True
    if found:
        return
    try:
        compiled = _compiled(s, config, source, content)
    except Refused as fault:
        yield fault.sentence, True
        return
    for words in preflight.mail_problems(config, compiled.message):
        yield f"{source.name}: {words}", True
    for words in compiled.warnings:
        yield words, False


def _compiled(s: Session, config: Config, source: Source, content: str) -> Compiled:
    return compile_mail(source, _names(config, content), template_fields(s), template_files.loader(config))


def _names(config: Config, content: str) -> dict[str, object]:
    return sample.names(brand(config.brand), content, config.campaigns.excerpt_words)
