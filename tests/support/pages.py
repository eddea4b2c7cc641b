"""Each public page in each of its states, as HTML."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from campaigns.archive import Entry, Published
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
        "archive-empty": page("archive.html", archive=replace(archive, entries=()), prefix=""),
    }
