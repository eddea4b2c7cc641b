"""The mailbox as pages and as JSON: what was delivered, newest first, and one mail as its reader sees it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader

from localgrid.grid import Grid, stats
from localgrid.http import Request, Response, as_json
from localgrid.letter import Letter, letter_of

_PAGE = 50
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_HTTP = re.compile(r"<(https?://[^>\s]+)>")
# Our own pages run no script and load nothing; one click posts to wherever the mail says.
_OURS = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'self' http: https:"
)
# A mail is a stranger: its links open in a new tab, and nothing else of it runs.
_STRANGER = "sandbox allow-popups allow-popups-to-escape-sandbox; script-src 'none'"


def mails(grid: Grid, request: Request) -> Response:
    to, offset = request.query.get("to", ""), _number(request, "offset", 0)
    rows, total = grid.mailbox.search(to, _PAGE, offset)
    return _page(
        "mails.html",
        mails=rows,
        total=total,
        to=to,
        first=offset + 1,
        newer=_link(to, offset - _PAGE) if offset > 0 else None,
        older=_link(to, offset + _PAGE) if offset + _PAGE < total else None,
        stats=stats(grid),
    )


def mails_json(grid: Grid, request: Request) -> Response:
    """`to` is an address or a part of one; limit and offset page through."""
    limit, offset = _number(request, "limit", 100), _number(request, "offset", 0)
    rows, total = grid.mailbox.search(request.query.get("to", ""), limit, offset)
    return as_json({"total": total, "mails": rows})


def mail(grid: Grid, request: Request, number: str) -> Response:
    found = _find(grid, number)
    if not found:
        return _missing()
    row, letter = found
    views = ["desktop", "phone"] if letter.html else []
    return _page(
        "mail.html",
        mail=row,
        letter=letter,
        views=[*views, "text", "headers", "source", "details"],
        details=_details(row),
        one_click=_one_click(row["headers"]),
        newer=row["id"] + 1 if row["id"] < len(grid.mailbox.kept) else None,
        older=row["id"] - 1,
        to="",
    )


def mail_html(grid: Grid, request: Request, number: str) -> Response:
    found = _find(grid, number)
    if not found:
        return _missing()
    html = found[1].html
    head = _HEAD.search(html)
    at = head.end() if head else 0
    html = html[:at] + '<base target="_blank">' + html[at:]
    return _text(html, "text/html", {"Content-Security-Policy": _STRANGER})


def mail_text(grid: Grid, request: Request, number: str) -> Response:
    found = _find(grid, number)
    return _text(found[1].text, "text/plain") if found else _missing()


def mail_source(grid: Grid, request: Request, number: str) -> Response:
    found = _find(grid, number)
    return _text(found[1].source, "message/rfc822") if found else _missing()


def _find(grid: Grid, number: str) -> tuple[dict[str, Any], Letter] | None:
    if not 1 <= int(number) <= len(grid.mailbox.kept):
        return None
    row = grid.mailbox.kept.read(int(number))
    return row, letter_of(row, grid.mailbox.shared(row["body"]))


def _one_click(headers: dict[str, str]) -> str | None:
    """Where RFC 8058 lets a mail program post to, when both headers are there."""
    named = {name.lower(): value for name, value in headers.items()}
    if named.get("list-unsubscribe-post") != "List-Unsubscribe=One-Click":
        return None
    found = _HTTP.search(named.get("list-unsubscribe", ""))
    return found[1] if found else None


def _details(row: dict[str, Any]) -> list[tuple[str, Any]]:
    """What travelled with the mail and its reader never sees."""
    values = {"custom_args." + name: value for name, value in row["custom_args"].items()}
    values |= {"substitution " + name: value for name, value in row["substitutions"].items()}
    ids = {name: row[name] for name in ("message_id", "sg_message_id", "request", "body", "send_at") if row[name]}
    return [*ids.items(), *values.items()]


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() else otherwise


def _link(to: str, offset: int) -> str:
    return "/?" + urlencode({"to": to, "offset": max(offset, 0)})


def _moment(at: str) -> str:
    return f"{datetime.fromisoformat(at):%-d %b %Y, %H:%M:%S} UTC"


def _page(name: str, status: int = 200, **values: Any) -> Response:
    body = _TEMPLATES.get_template(name).render(values).encode("utf-8", "replace")
    headers = {"Content-Security-Policy": _OURS, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Response(status, body, "text/html; charset=utf-8", headers)


def _text(text: str, kind: str, headers: dict[str, str] | None = None) -> Response:
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return Response(200, text.encode("utf-8", "replace"), kind + charset, headers or {})


def _missing() -> Response:
    return Response(404, b"There is no such mail.", "text/plain; charset=utf-8")


_TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent / "html"), autoescape=True)
_TEMPLATES.filters["moment"] = _moment
