"""Each public page in each of its states, as HTML."""

from __future__ import annotations

from typing import Any

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
    }
