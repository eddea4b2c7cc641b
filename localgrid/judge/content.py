"""What the mail says: subject, bodies in their order, attachments, template."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from localgrid.judge.problem import Problem, unknown_keys, wrong_type
from localgrid.settings import Account

_FORBIDDEN = frozenset(";,\r\n")
_ORDER = {"text/plain": 0, "text/html": 1}  # anything else comes after both


def check_subject(message: dict[str, object]) -> Iterator[Problem]:
    if "subject" in message:
        if not isinstance(message["subject"], str) or not message["subject"]:
            yield Problem("The subject must be a string of at least one character.", "subject")
        return
    if message.get("template_id"):
        return
    several = message.get("personalizations")
    several = several if isinstance(several, list) else []
    without = [n for n, one in enumerate(several) if isinstance(one, dict) and "subject" not in one]
    if len(without) == len(several):
        yield Problem("The subject is required, unless a template or every personalization has one.", "subject")
        return
    for n in without:
        yield Problem("The subject is required, unless a template has one.", f"personalizations.{n}.subject")


def check_content(message: dict[str, object]) -> Iterator[Problem]:
    content = message.get("content")
    if "content" not in message:
        if not message.get("template_id"):
            yield Problem("The content is required unless you use a template.", "content")
    elif not isinstance(content, list):
        yield wrong_type("content", "array", content)
    elif not content:
        yield Problem("There must be at least one content block.", "content")
    else:
        for n, block in enumerate(content):
            yield from _check_block(block, f"content.{n}")
        yield from _check_order([block.get("type") for block in content if isinstance(block, dict)])


def check_attachments(message: dict[str, object]) -> Iterator[Problem]:
    attachments = message.get("attachments", [])
    if not isinstance(attachments, list):
        yield wrong_type("attachments", "array", attachments)
        return
    for n, one in enumerate(attachments):
        yield from _check_attachment(one, f"attachments.{n}")


def check_template(message: dict[str, object], account: Account) -> Iterator[Problem]:
    if "template_id" not in message:
        return
    template = message["template_id"]
    if not isinstance(template, str):
        yield Problem(f"The template ID must be a string, you provided {template}.", "template_id")
    elif template not in account.templates:
        yield Problem(f"{template} is no template of your account.", "template_id")


def _check_block(block: object, field: str) -> Iterator[Problem]:
    if not isinstance(block, dict):
        yield wrong_type(field, "object", block)
        return
    kind, value = block.get("type"), block.get("value")
    if "type" not in block:
        yield Problem("A content type is required.", f"{field}.type")
    elif not isinstance(kind, str) or not kind:
        yield Problem("The content type must be a string of at least one character.", f"{field}.type")
    elif _FORBIDDEN & set(kind):
        yield Problem("Cannot contain ';', ',', or CRLF characters.", f"{field}.type")
    if "value" not in block:
        yield Problem("A content value is required.", f"{field}.value")
    elif not isinstance(value, str) or not value:
        yield Problem("The content value must be a string at least one character in length.", f"{field}.value")
    yield from unknown_keys(block, ("type", "value"), field)


def _check_order(kinds: list[object]) -> Iterator[Problem]:
    ranks = [_ORDER.get(str(kind).lower(), 2) for kind in kinds]
    for n in range(1, len(ranks)):
        if ranks[n] < ranks[n - 1]:
            yield Problem(
                "Following RFC 1341, text/plain comes first, then text/html, then any other content.",
                f"content.{n}.value",
            )


def _check_attachment(one: object, field: str) -> Iterator[Problem]:
    if not isinstance(one, dict):
        yield wrong_type(field, "object", one)
        return
    yield from unknown_keys(one, ("content", "type", "filename", "disposition", "content_id"), field)
    content = one.get("content")
    if not isinstance(content, str) or not content:
        yield Problem("The attachment must be a string at least one character in length.", f"{field}.content")
    elif not _is_base64(content):
        yield Problem("The attachment content must be base64 encoded.", f"{field}.content")
    if "filename" not in one:
        yield Problem("filename is required.", f"{field}.filename")
    for key in {"filename", "type", "content_id"} & one.keys():
        yield from _check_label(one[key], f"{field}.{key}")
    if one.get("disposition", "attachment") not in ("inline", "attachment"):
        yield Problem('The disposition can be either "inline" or "attachment".', f"{field}.disposition")


def _check_label(value: object, field: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not value:
        yield Problem("Must be a string of at least one character.", field)
    elif _FORBIDDEN & set(value):
        yield Problem("Cannot contain ';', ',', or CRLF characters.", field)


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True
