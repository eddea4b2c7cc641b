"""The text part and the subject, as they must be to travel: line lengths, characters, one line."""

from __future__ import annotations

import re

from delivery.slots import wrap

# SendGrid labels a body of Latin-1 characters only as iso-8859-1, and Gmail then clips it; a thin space makes it UTF-8.
_BEYOND_LATIN_1 = "\u2009"
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def finish_text(text: str) -> str:
    """The text part; it ends with a thin space, for whoever's name brings the first accent into it."""
    lines = _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return wrap(lines) + _BEYOND_LATIN_1 + "\n"


def finish_subject(subject: str) -> str:
    return " ".join(_UNFIT.sub("", subject.replace("\r", " ")).split())
