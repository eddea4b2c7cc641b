"""Phone numbers that a text names, as it writes them."""

from __future__ import annotations

import re

_GAP = r"[\s.\-–]"
# In this order: an international number, a North American one, one with a leading 0, a local one.
_NUMBER = re.compile(
    rf"(?<![\w/$€£+.,-])(?:"
    rf"(?P<sure>\+[0-9]{{1,3}}(?:{_GAP}?\(?[0-9]{{1,5}}\)?){{2,5}}"
    rf"|(?:1{_GAP})?(?:\([0-9]{{3}}\){_GAP}?|[0-9]{{3}}{_GAP})[0-9]{{3}}{_GAP}[0-9]{{4}})"
    rf"|\(?0[0-9]{{1,4}}\)?(?:{_GAP}[0-9]{{2,5}}){{1,4}}|[0-9]{{3}}{_GAP}[0-9]{{4}}|[0-9]{{10,11}}"
    rf")(?![\w/%])"
)
_CALL = re.compile(
    r"\b(?:call|phone|tel|telephone|text|dial|ring|mobile|whatsapp|reach|hotline|number)\b|[☎📞📱]"
    r"|\b(?:us|me|desk|office|clinic|team)\s+(?:on|at)\s*$",
    re.I,
)
_FAX = re.compile(r"\bfax\b[^0-9]{0,12}$", re.I)
_DATE = re.compile(r"[0-9]{2}[.\-–\s][0-9]{2}[.\-–\s](?:[0-9]{2}|[0-9]{4})|[0-9]{4}[.\-–\s][0-9]{2}[.\-–\s][0-9]{2}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.I)
_BEFORE, _AFTER = 40, 20  # characters around a number in which a word such as "call" speaks of it
_FEWEST, _MOST = 7, 15  # digits


def phones(text: str) -> list[str]:
    """Those that the text asks to call first, then other unmistakable ones; each once."""
    asked: list[str] = []
    others: list[str] = []
    text = _URL.sub(lambda url: " " * len(url.group()), text)
    for match in _NUMBER.finditer(text):
        number = match.group()
        if not _FEWEST <= sum(map(str.isdigit, number)) <= _MOST or _DATE.fullmatch(number):
            continue
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        if _FAX.search(before):
            continue
        if _CALL.search(before) or _CALL.search(text[match.end() : match.end() + _AFTER]):
            asked.append(number)
        elif match["sure"]:
            others.append(number)
    return list(dict.fromkeys(asked + others))


def has_phone(text: str) -> bool:
    return bool(phones(text))
