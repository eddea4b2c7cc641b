"""The whole judgement of one mail/send request; each rule lives in the file of its part."""

from __future__ import annotations

import json
import re
from collections.abc import Container

from localgrid.judge.addresses import check_replies, check_sender
from localgrid.judge.content import check_attachments, check_content, check_subject, check_template
from localgrid.judge.headers import check_custom_args, check_headers, keep_doubled
from localgrid.judge.options import (
    check_asm,
    check_categories,
    check_pool_and_batch,
    check_sections,
    check_switches,
)
from localgrid.judge.personalizations import check_personalizations, check_send_at, is_unreadable
from localgrid.judge.problem import BAD_REQUEST, Problem, unknown_keys
from localgrid.settings import Account

_KEYS = frozenset(
    {
        "personalizations",
        "from",
        "reply_to",
        "reply_to_list",
        "subject",
        "content",
        "attachments",
        "template_id",
        "headers",
        "categories",
        "custom_args",
        "send_at",
        "batch_id",
        "asm",
        "ip_pool_name",
        "mail_settings",
        "tracking_settings",
        "sections",
    }
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def read(body: bytes) -> object:
    """The request as Python values, or ValueError; UnicodeDecodeError is what SendGrid calls a 415."""
    message: object = json.loads(body.decode("utf-8"), object_pairs_hook=keep_doubled)
    if _SURROGATE.search(body):
        _refuse_half_characters(message)
    return message


def judge(message: object, account: Account, batches: Container[object], now: float) -> list[Problem]:
    """Everything wrong with the request, as many things at once as can be found."""
    if not isinstance(message, dict) or is_unreadable(message):
        return [BAD_REQUEST]
    problems = [
        *unknown_keys(message, _KEYS),
        *check_personalizations(message, now),
        *check_sender(message),
        *check_replies(message),
        *check_subject(message),
        *check_content(message),
        *check_attachments(message),
        *check_template(message, account),
        *check_categories(message),
        *check_asm(message, account),
        *check_pool_and_batch(message, account, batches),
        *check_sections(message),
        *check_switches(message),
    ]
    if "headers" in message:
        problems += check_headers(message["headers"], "headers")
    if "custom_args" in message:
        problems += check_custom_args(message["custom_args"], "custom_args")
    if "send_at" in message:
        problems += check_send_at(message["send_at"], "send_at", now)
    return problems


def _refuse_half_characters(message: object) -> None:
    """JSON can spell half of a character, which no mail can hold; encoding it fails with a ValueError."""
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(str(error)) from error
