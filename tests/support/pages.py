"""Each public page in each of its states, as HTML."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from campaigns.archive import Entry, Published
from subscribers.changes.erasing import Receipt
from subscribers.preferences import Held
from subscribers.proof.evidence import Shown
from subscribers.signups.confirming import Waiting
from subscribers.signups.forms import OPENS_WORDING, Form
from tests.support.mail import mail, page
from tests.support.sample import ARTICLE, LIST

_LINK = "/u/AbCdEf0123456789"


def pages() -> dict[str, str]:
    listed: dict[str, Any] = {"list_name": LIST.name, "action": _LINK}
    unread: dict[str, Any] = {"action": "/u", "email": "", "error": "", "taken": False}
    mistyped: dict[str, Any] = {
        **unread,
        "email": "ada@example",
        "error": "This is not a whole address; write it like ada@example.com.",
    }
    sent = datetime(2026, 12, 1, 17, tzinfo=UTC)
    entries = [
        Entry("r3", "urn:uuid:3", ARTICLE.title, sent, "1 December 2026"),
        Entry("r2", "urn:uuid:2", "Hello, a stiff neck is no pillow’s fault", sent, "3 November 2026"),
        Entry("r1", "urn:uuid:1", "Back to running, without going back to pain", sent, "6 October 2026"),
    ]
    form = Form(1, "monthly-tips", LIST.name, True, "Yes, mail me the monthly tips.", "", Shown(""), "0" * 12)
    single = replace(
        form,
        slug="news",
        name="Clinic news",
        wording="Yes, mail me what is new.",
        is_double=False,
        opens_wording=OPENS_WORDING,
    )
    sign_up: dict[str, Any] = {"form": form, "action": "/signup/monthly-tips", "email": "", "first_name": ""}
    sign_up |= {"error": "", "taken": False, "ticked": False}
    asked = Waiting(LIST.name, "monthly-tips", form.wording, opens=False, is_confirmed=False)
    both = replace(asked, wording=f"{form.wording}\n{OPENS_WORDING}", opens=True)
    arranged: dict[str, Any] = {
        "lists": [Held("monthly-tips", LIST.name, "monthly", None, opens=True)],
        "untils": {"monthly-tips": date(2027, 1, 31)},
        "others": [single],
        "opens_wording": OPENS_WORDING,
        "action": "/p/AbCdEf0123456789",
        "notice": "",
        "error": "",
    }
    mine: dict[str, Any] = {"email": "ada@example.com", "first_name": "Ada", "last_name": "", "zone": "Europe/Berlin"}
    mine |= {"locale": "en", "action": "/me/AbCdEf0123456789", "notice": "Saved.", "error": ""}
    receipt = Receipt("r-1", sent, 7, ("their consents",), ("a stop",), ("backups",))
    archive = Published("AbCdEf012345", "urn:uuid:0", LIST.name, tuple(entries), sent)
    return {
        "unsubscribe": page("unsubscribe.html", **listed),
        "done": page("done.html", done="this-list", **listed),
        "done-every-list": page("done.html", done="every-list", **listed),
        "undone": page("done.html", done="undo", **listed),
        "unknown": page("unknown.html", **unread),
        "unknown-mistyped": page("unknown.html", **mistyped),
        "unknown-taken": page("unknown.html", **{**unread, "taken": True}),
        "trouble": page("trouble.html", title="Not found", sentence="There is no page here; check the address."),
        "browser": page("browser.html", title=ARTICLE.title, mail=mail()[0], unsubscribe=_LINK),
        "archive": page("archive.html", archive=archive, prefix=""),
        "signup": page("signup.html", **sign_up),
        "signup-mistyped": page(
            "signup.html", **{**sign_up, "form": single, "email": "ada@example", "error": mistyped["error"]}
        ),
        "signup-taken": page("signup.html", **{**sign_up, "taken": True}),
        "confirm": page("confirm.html", asked=asked, action="/confirm/AbCdEf"),
        "confirm-opens": page("confirm.html", asked=both, action="/confirm/AbCdEf"),
        "confirmed": page("confirm.html", asked=replace(asked, is_confirmed=True), action="/confirm/AbCdEf"),
        "unconfirmed": page("unconfirmed.html", forms=[form, single], prefix=""),
        "preferences": page("preferences.html", **arranged),
        "preferences-none": page("preferences.html", **{**arranged, "lists": [], "error": "That day is over."}),
        "mine": page("mine.html", **mine),
        "mine-mistyped": page("mine.html", **{**mine, "notice": "", "error": "'Mars' is no time zone."}),
        "erase": page("erase.html", action="/me/AbCdEf", receipt=None),
        "erased": page("erase.html", action="/me/AbCdEf", receipt=receipt),
        "archive-empty": page("archive.html", archive=replace(archive, entries=()), prefix=""),
    }
