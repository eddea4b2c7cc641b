"""A parcel as the body of POST /v3/mail/send. Dicts and orjson: the SDK's helpers cost four times as much.

Source: SendGrid's OpenAPI document tsg_mail_v3 and its error catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

import orjson

from delivery.providers.provider import Parcel
from delivery.providers.sendgrid.webhook import ATTEMPT, RUN, SUBSCRIBER
from delivery.slots import Filled, Message

TRACKING = {
    # Each is set on every request: what is left out falls back to the account's settings.
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},  # the List-Unsubscribe headers and links are ours
    "ganalytics": {"enable": False},
}
_HERE = "\0"  # stands for what differs from person to person
_HERE_WRITTEN = orjson.dumps(_HERE).decode()[1:-1]
_WITH_OPENS = TRACKING | {"open_tracking": {"enable": True}}


def build(parcel: Parcel) -> bytes:
    """One request. Whoever travels alone gets the whole text instead of substitutions, which are limited in size."""
    alone = len(parcel.people) == 1
    filler = parcel.filler
    message: Message | Filled = filler.assemble(next(iter(parcel.people)).values) if alone else filler.message
    envelope = parcel.envelope
    body: dict[str, Any] = {
        "from": {"email": envelope.from_email, "name": envelope.from_name},
        "subject": message.subject,
        "personalizations": orjson.Fragment(_personalizations(parcel, alone)),
        "content": [
            {"type": "text/plain", "value": message.text},
            {"type": "text/html", "value": message.html},
        ],
        "categories": [parcel.run],
        "tracking_settings": _WITH_OPENS if parcel.tracks_opens else TRACKING,
    }
    if envelope.reply_to:
        body["reply_to"] = {"email": envelope.reply_to}
    return orjson.dumps(body)


def letter(sender: str, to: str, subject: str, text: str, *, html: str, from_name: str, reply_to: str) -> bytes:
    """One mail outside every run, to one person."""
    content = [{"type": "text/plain", "value": text}]
    body: dict[str, Any] = {
        "from": {"email": sender, "name": from_name} if from_name else {"email": sender},
        "subject": subject,
        "personalizations": [{"to": [{"email": to}]}],
        "content": [*content, {"type": "text/html", "value": html}] if html else content,
        "tracking_settings": TRACKING,
    }
    if reply_to:
        body["reply_to"] = {"email": reply_to}
    return orjson.dumps(body)


def _personalizations(parcel: Parcel, alone: bool) -> str:
    # All of them per person: whether a personalization's headers join or replace the message's is undocumented.
    shared = {
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": parcel.envelope.list_header,
        "Feedback-ID": parcel.envelope.feedback_id,
        "Precedence": "bulk",
    }
    # Here and not on the message: SendGrid's own specification types the message-level one wrongly.
    args = {ATTEMPT: parcel.attempt, RUN: parcel.run}
    people, values = parcel.people, {} if alone else parcel.people.values
    entry: dict[str, Any] = {
        "to": [{"email": _HERE}],
        "headers": {"List-Unsubscribe": f"<{_HERE}>", **shared},  # RFC 8058: one HTTPS URI, covered by DKIM
        "custom_args": {**args, SUBSCRIBER: _HERE},
        **({} if alone else {"substitutions": dict.fromkeys(values, _HERE)}),
    }
    between = [repeat(text, len(people)) for text in orjson.dumps(entry).decode().split(_HERE_WRITTEN)]
    columns = people.emails, people.unsubscribe, list(map(str, people.ids)), *values.values()
    parts = chain(*zip(between[:-1], map(_quotable, columns), strict=True), between[-1:])
    return f"[{','.join(map(''.join, zip(*parts, strict=True)))}]"


def _quotable(texts: Sequence[str]) -> Sequence[str]:
    """Each as it stands between the quotes of a JSON string."""
    quoted, plain = len(orjson.dumps(texts)), len("".join(texts).encode())
    if quoted == plain + len('"",') * len(texts) + len("[]") - len(","):
        return texts  # nothing in them had to be written in another way
    return [orjson.dumps(text).decode()[1:-1] for text in texts]
