"""What would be said otherwise than what was approved: two mails beside each other, line by line."""

from __future__ import annotations

import difflib
import re

from lxml import html as lxml_html

from delivery.slots import Message


def differences(approved: Message, fresh: Message) -> tuple[str, ...]:
    """As a unified diff of subject, preheader and text part; empty where only the look changed."""
    before, after = _lines(approved), _lines(fresh)
    return tuple(difflib.unified_diff(before, after, "approved", "as it would be made now", lineterm="", n=1))


def _lines(message: Message) -> list[str]:
    sources = {slot.token: f"{{{{ {slot.source} }}}}" for slot in message.slots}
    tokens = re.compile("|".join(sources) or "(?!)")
    said = (f"Subject: {message.subject}", f"Preheader: {_preheader(message)}", "", *message.text.splitlines())
    return [tokens.sub(lambda found: sources[found[0]], line) for line in said]


def _preheader(message: Message) -> str:
    """As the templates that come with Tipsheet mark it; empty where another does not."""
    for found in lxml_html.document_fromstring(message.html).find_class("preheader"):
        return " ".join(found.text_content().split())
    return ""
