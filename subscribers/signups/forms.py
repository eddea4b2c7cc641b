"""A list's sign-up form: what it asks, word for word, and which version somebody saw. Who filled it in: __init__.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.config import BrandConfig
from base.errors import BadInput, NotFound
from subscribers.fields.values import clean
from subscribers.lists import get_list
from subscribers.models import Evidence, List
from subscribers.proof.evidence import Shown, content_hash, evidence_id

FORM = "form"  # how a consent came that was given by one of these
VISITOR = "visitor"
OPENS_WORDING = "You may also see whether I open these mails. This is my choice and can be taken back at any time."
_BOX = "\n[ ] "  # before words that stand beside a box
_LANGUAGE = "en"
_OPT_INS = ("single", "double")
_LAW = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")  # ISO 3166-1, or 3166-2 where a state has a law of its own


@dataclass(frozen=True)
class Form:
    list_id: int
    slug: str
    name: str
    is_double: bool
    wording: str
    opens_wording: str  # empty where the form does not ask whether opening may be seen
    shown: Shown
    version: str  # of everything in `shown`


def form_of(s: Session, slug: str, brand: BrandConfig, *, opens: bool = False) -> Form:
    """As it reads now. Raises NotFound for a list that nobody can sign up for by themselves."""
    found = s.scalar(select(List).where(List.slug == slug, List.public.is_(True), List.archived_at.is_(None)))
    if found is None:
        raise NotFound("There is no sign-up form at this address; it may have been closed")
    return _form(found, brand, opens=opens)


def open_forms(s: Session, brand: BrandConfig) -> list[Form]:
    """Those of every list that anybody may sign up for, by name."""
    query = select(List).where(List.public.is_(True), List.archived_at.is_(None)).order_by(List.name, List.slug)
    return [_form(each, brand) for each in s.scalars(query)]


def evidence_of(s: Session, form: Form) -> int:
    """The evidence for whoever agrees to it; from then on this version is known for good."""
    law = s.get_one(List, form.list_id).law
    source = _source(form.slug, form.version)
    return evidence_id(s, how=FORM, wording=form.shown, source=source, actor=VISITOR, jurisdiction=law)


def known_evidence(s: Session, slug: str, version: str) -> int | None:
    """That of an older version of the list's form, which still stands on somebody's page."""
    wanted = Evidence.how == FORM, Evidence.source == _source(slug, version)
    return s.scalar(select(Evidence.id).where(*wanted).order_by(Evidence.id.desc()).limit(1))


def agreed(text: str, *, ticked: bool) -> tuple[str, bool]:
    """What of a form's words somebody said who sent it, and whether that lets opens be seen: the words beside the box
    only with a tick, and a tick beside no words is none."""
    wording, _, beside = text.partition(_BOX)
    opens = ticked and bool(beside)
    return (f"{wording}\n{beside}" if opens else wording), opens


def set_up(
    s: Session,
    slug: str,
    *,
    name: str | None = None,
    opt_in: str | None = None,
    public: bool | None = None,
    wording: str | None = None,
    law: str | None = None,
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Change what is given, leave what is None. Returns the list as it was and as it is."""
    found = get_list(s, slug)
    before = _settings(found)
    if name is not None and not clean(name):
        raise BadInput(f"The list {slug} needs a name that people can read")
    if opt_in is not None and opt_in not in _OPT_INS:
        raise BadInput(f"{opt_in!r} is no way to opt in; use single or double")
    if law and not _LAW.fullmatch(law):
        raise BadInput(f"{law[:20]!r} names no country; write it like DE, or with its state like US-CA")
    found.name = clean(name) if name is not None else found.name
    found.opt_in = opt_in or found.opt_in
    found.public = found.public if public is None else public
    found.wording = clean(wording) if wording is not None else found.wording
    found.law = found.law if law is None else law
    s.flush()
    return before, _settings(found)


def settings(s: Session, slug: str) -> Mapping[str, object]:
    """How people sign up for it by themselves; the wording is empty where it is the usual one. Raises NotFound."""
    return _settings(get_list(s, slug))


def _form(found: List, brand: BrandConfig, *, opens: bool = False) -> Form:
    wording = found.wording or f"Yes, send me {found.name} by email. I can stop it with the link in each mail."
    text = f"{wording}{_BOX}{OPENS_WORDING}" if opens else wording
    shown = Shown(text, _LANGUAGE, f"{brand.name}, {brand.address}", brand.privacy_url)
    version = content_hash(shown.text, shown.language, shown.controller, shown.privacy_url)[:12]
    return Form(
        list_id=found.id,
        slug=found.slug,
        name=found.name,
        is_double=found.opt_in == "double",
        wording=wording,
        opens_wording=OPENS_WORDING if opens else "",
        shown=shown,
        version=version,
    )


def _source(slug: str, version: str) -> str:
    return f"the sign-up form of {slug}, version {version}"


def _settings(found: List) -> dict[str, object]:
    form = {"name": found.name, "opt_in": found.opt_in, "public": found.public, "wording": found.wording}
    return {**form, "law": found.law}
