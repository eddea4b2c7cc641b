"""Single mails that belong to no campaign: built from templates/letters, text and HTML from one source, handed to the
provider without tracking. Which are due, and to whom, is known elsewhere."""

from __future__ import annotations

import fnmatch
import logging
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy.orm import Session

import templates
from base.config import Config, is_loopback
from delivery import installation
from delivery.providers.provider import Answer, Provider, Verdict
from delivery.slots import wrap

log = logging.getLogger(__name__)

_UTF8 = "\u2009"  # a thin space: SendGrid labels a text of Latin-1 letters only in a way that Gmail clips


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    text: str
    html: str


def write(config: Config, name: str, to: str, link: str, words: Mapping[str, object]) -> Letter:
    """By staff's own template where there is one that works, else by the packaged one."""
    folders = [config.templates.path] if config.templates.path else []
    try:
        return _written([*folders, templates.folder()], config, name, to, link, words)
    except Exception as trouble:
        if not folders:
            raise
        log.error("your letters/%s.txt does not work, so the packaged one is sent: %s", name, type(trouble).__name__)
        return _written([templates.folder()], config, name, to, link, words)


def why_not_at_all(config: Config) -> str:
    """What keeps every letter from leaving, in words; empty where nothing does."""
    shipped = config.still_shipped()
    if config.delivery.provider == "sendgrid" and not is_loopback(config.sendgrid.base_url) and shipped:
        return f"{', '.join(shipped)} still the shipped example, so nobody would know who writes; change {config.file}"
    return ""


def is_outside(config: Config, to: str) -> bool:
    """Outside the fence of [delivery] only_to?"""
    fence = config.delivery.only_to
    return bool(fence) and not any(fnmatch.fnmatchcase(to.lower(), one.lower()) for one in fence)


def is_off(s: Session) -> bool:
    """Is nothing to leave from this database until a person has looked?"""
    return bool(installation.why_off(s))


def send_now(provider: Provider, config: Config, letter: Letter) -> bool:
    """For who waits in front of a page. False where it provably did not leave."""
    if why_not_at_all(config) or is_outside(config, letter.to):
        return False
    with closing(provider):  # of this thread only
        if provider.prepare():
            return False
        return post(provider, config, letter).verdict in (Verdict.ACCEPTED, Verdict.UNCERTAIN)


def post(provider: Provider, config: Config, letter: Letter) -> Answer:
    """Never raises. Nothing is tried twice here."""
    name, reply_to = config.delivery.from_name, config.delivery.reply_to
    try:
        answer = provider.notify(
            letter.to, letter.subject, letter.text, html=letter.html, from_name=name, reply_to=reply_to
        )
    except Exception as cause:  # it promised never to raise, so nobody knows how far it came
        log.exception("the provider failed with a letter")
        return Answer(Verdict.UNCERTAIN, f"the provider failed: {type(cause).__name__}")
    if answer.verdict is not Verdict.ACCEPTED:
        log.warning("a letter is %s: %s", answer.verdict, answer.status)
    return answer


def _written(folders: list[Path], config: Config, name: str, to: str, link: str, words: Mapping[str, object]) -> Letter:
    names = {"brand": config.brand, **words}
    plain = _environment(folders, autoescape=False).get_template(f"letters/{name}.txt")
    context = plain.new_context(names)
    part = {each: "".join(plain.blocks[each](context)) for each in ("subject", "before", "button", "after")}
    subject, button = _line(part["subject"]), _line(part["button"])
    before, after = _paragraphs(part["before"]), _paragraphs(part["after"])
    html = _environment(folders, autoescape=True).get_template("letters/_letter.html")
    around = {**names, "subject": subject, "button": button, "before": before, "after": after, "link": link}
    return Letter(
        to=to,
        subject=subject,
        text=_text([*before, f"{button}: {link}", *after, f"{config.brand.name}\n{config.brand.address}"]),
        html=html.render(around).encode("ascii", "xmlcharrefreplace").decode(),
    )


def _text(paragraphs: list[str]) -> str:
    return "\n\n".join(wrap(each) for each in paragraphs) + f"{_UTF8}\n"


def _paragraphs(text: str) -> list[str]:
    return [_line(each) for each in re.split(r"\n\s*\n", text) if each.strip()]


def _line(text: str) -> str:
    return " ".join(text.split())


def _environment(folders: list[Path], *, autoescape: bool) -> SandboxedEnvironment:
    loader = jinja2.FileSystemLoader(folders)
    return SandboxedEnvironment(loader=loader, autoescape=autoescape, undefined=jinja2.StrictUndefined)
