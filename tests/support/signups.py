"""Sign-ups made up for tests: a public list, somebody who filled in its form, time that passes."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from base.config import BrandConfig
from base.database import Database
from subscribers import signups
from subscribers.addresses import parse_address
from subscribers.card import show
from subscribers.keys import Keys
from subscribers.models import List, SignUp
from subscribers.people import find
from subscribers.signups import confirming, forms
from tests.support.people import a_list

BRAND = BrandConfig()


def a_public_list(s: Session, slug: str = "tips", opt_in: str = "double") -> List:
    made = a_list(s, slug)
    forms.set_up(s, slug, opt_in=opt_in, public=True, wording=f"Yes, mail me {slug}.")
    return made


def signs_up(db: Database, keys: Keys, email: str = "ann@example.com", slug: str = "tips", opens: bool = False) -> None:
    with db.write() as s:
        form = forms.form_of(s, slug, BRAND, opens=opens)
        evidence = forms.evidence_of(s, form)
        asked = signups.Asked(parse_address(email), {"first_name": "Ann"}, opens, "203.0.113.7", evidence)
        signups.ask(s, keys, form.list_id, asked)


def due_mails(db: Database, keys: Keys, *, may_mail: bool = True) -> list[confirming.Outgoing]:
    """One tick: every decision that is due is taken, and what would be mailed returned."""
    found = []
    with db.read() as s:
        due = signups.due(s, 50)
    for each in due:
        with db.write() as s:
            found.append(confirming.take(s, keys, each, may_mail=may_mail))
    return [each for each in found if each]


def asked_again_after(db: Database, by: timedelta) -> None:
    """As if this much time had passed since everything that was asked and mailed; the links stay what they are."""
    ms = round(by.total_seconds() * 1000)
    columns = ("expires_at", "sent_at", "reminded_at", "not_before")
    with db.write() as s:
        s.execute(text("UPDATE sign_ups SET " + ", ".join(f"{c} = {c} - {ms}" for c in columns)))  # noqa: S608  ours


def waiting(db: Database) -> list[SignUp]:
    with db.read() as s:
        return list(s.scalars(select(SignUp).order_by(SignUp.id)))


def states(db: Database, keys: Keys, email: str = "ann@example.com") -> dict[str, str]:
    """The lists of whoever has this address; empty where nobody has it."""
    with db.read() as s:
        person = find(s, keys, email)
        return {each.list: each.state for each in show(s, person).lists} if person else {}
