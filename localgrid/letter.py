"""A mail as its reader sees it: the shared body with one recipient's substitutions, and the message source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    headers: list[tuple[str, str]]
    text: str
    html: str
    source: str


def letter_of(row: Row, shared: Row) -> Letter:
    """`row` is a line of the mailbox, `shared` what all recipients of its request have in common."""
    parts = {
        block["type"].lower(): substitute(block["value"], row["substitutions"]) for block in shared.get("content") or ()
    }
    headers = _headers(row, shared)
    text, html = parts.get("text/plain", ""), parts.get("text/html", "")
    return Letter(headers, text, html, _source(headers, text, html))


def substitute(text: str, substitutions: dict[str, str]) -> str:
    """Every tag becomes its value, in one pass: a value that looks like a tag stays as it is."""
    if not substitutions:
        return text
    tags = sorted((tag for tag in substitutions if tag), key=len, reverse=True)
    return re.sub("|".join(map(re.escape, tags)), lambda found: substitutions[found[0]], text)


def _headers(row: Row, shared: Row) -> list[tuple[str, str]]:
    date = datetime.fromisoformat(row["at"])
    headers = [
        ("From", _named(row["from_name"], row["from"])),
        ("To", ", ".join(row["shown_to"])),
        ("Subject", row["subject"]),
        ("Date", format_datetime(date)),
        ("Message-ID", f"<{row['message_id']}@localgrid>"),
    ]
    replies = shared.get("reply_to_list") or ([shared["reply_to"]] if shared.get("reply_to") else [])
    if replies:
        values = [_named(who.get("name") or "", who["email"]) for who in replies]
        headers.append(("Reply-To", substitute(", ".join(values), row["substitutions"])))
    return headers + [(name, str(value)) for name, value in row["headers"].items()]


def _source(headers: list[tuple[str, str]], text: str, html: str) -> str:
    """The headers stand as they were given: a parser's opinion of them would hide what the sender wrote."""
    message = EmailMessage(policy=SMTP)
    message.set_content(text or html, subtype="plain" if text else "html")
    if text and html:
        message.add_alternative(html, subtype="html")
    lines = [f"{name}: {value if value.isascii() else Header(value, 'utf-8').encode()}" for name, value in headers]
    return "\r\n".join(lines) + "\r\n" + message.as_string()


def _named(name: str, email: str) -> str:
    return f"{name} <{email}>" if name else email
