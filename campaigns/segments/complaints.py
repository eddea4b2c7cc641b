"""What is wrong with a rule's text: one sentence that says how to mend it, and a mark under the place."""

from __future__ import annotations

import re

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

_KEYWORDS = "and|or|not|in|contains|has|is|starts|between|within|before|after|with|on"
_WORDS = re.compile(rf"[^\s()\"',]+(?:\s+(?!(?:{_KEYWORDS})\b)[^\s()\"',=<>!]+)*", re.IGNORECASE)
_VALUE_DUE = re.compile(
    r"(?:[=<>]|\b(?:contains|with|before|after|between)|\bbetween\s+\S+\s+and|\bin\s*\((?:[^()]*,)?)\s*\Z",
    re.IGNORECASE,
)
_NAME_LAST = re.compile(r"(?:^|[\s(])([^\W\d]\w*)\s*\Z")
_INSIDE_IN = re.compile(r"\b(?:in|of)\s*\([^()]*\Z", re.IGNORECASE)
_JOINING = ("and", "or", "in", "contains", "has")
_OTHER_SIGNS = {"==": "one = is enough", "<>": "write != for: not the same", "&&": "write and", "||": "write or"}
_CURLY = "“”„‘’«»"
# What stands before the place, and what to say then; the first that fits.
_HINTS = (
    (r"has", "the name of a tag is missing here, like this: tag has runner"),
    (r"tags?", "only tags are asked for with has, like this: tag has runner"),
    (r"is(?:\s+not)?", 'after is comes empty or not empty; a value is asked for like this: city = "Milpitas"'),
    (r"starts", 'write starts with, like this: city starts with "San"'),
    (r"within(?:\s+(?:last|next))?", "a number of days is missing here, like this: joined within 90 days"),
    (r"within\s+(?:last\s+|next\s+)?\S+", "write it in days or weeks, like this: joined within 90 days"),
    (r"(?:list|segment)\s*!?=", "a short name is missing here, like this: list = monthly-tips"),
    (r"list", "after list comes = or in, like this: list = monthly-tips"),
    (r"segment", "the short name of a segment is missing here, like this: segment lapsed"),
    (r"(?:with|state)", "write with state confirmed, with state pending or with state withdrawn"),
    (r"any(?:\s+of(?:\s+last(?:\s+\S+)?)?)?", "write it like this: clicked any of last 3 campaigns"),
    (r"(?:received|opened|clicked)", 'a campaign is asked for like this: clicked "december-tips"'),
)
_BEFORE = tuple((re.compile(rf"(?:^|[\s(]){shape}\s*\Z", re.IGNORECASE), say) for shape, say in _HINTS)


def complaint(text: str, error: UnexpectedInput) -> str:
    at = _place(text, error)
    return pointed(text, at, _how_to_mend(text[:at], text[at:], _awaited(error)))


def pointed(text: str, at: int, words: str, *, is_doubt: bool = False) -> str:
    """The sentence, the rule on one line below it, and a caret under the place."""
    line, what = re.sub(r"\s", " ", text), "can be used, but mind" if is_doubt else "cannot be used at"
    return f"The rule {what} column {at + 1}: {words}\n  {line}\n  {' ' * at}^"


def _place(text: str, error: UnexpectedInput) -> int:
    at = error.pos_in_stream
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    return len(text.rstrip()) if ended or at is None or at < 0 else at


def _awaited(error: UnexpectedInput) -> set[str]:
    if isinstance(error, UnexpectedToken):
        return set(error.accepts or error.expected)
    return set(error.allowed or ()) if isinstance(error, UnexpectedCharacters) else set()


def _how_to_mend(before: str, rest: str, awaited: set[str]) -> str:
    # `a == b` stops at the second sign, `a <> b` too.
    signs = before[-1:] + rest[:1]
    if signs in _OTHER_SIGNS or rest[:2] in _OTHER_SIGNS:
        return _OTHER_SIGNS.get(signs) or _OTHER_SIGNS[rest[:2]]
    if rest[:1] and rest[0] in _CURLY:
        return "use straight quotes, \" or '"
    if rest[:1] in ('"', "'") and not re.match(r"(['\"]).*\1", rest, re.DOTALL):
        return "the quote that opens here is never closed"
    if "UNIT" not in awaited and "SLUG" not in awaited and _VALUE_DUE.search(before):
        return _value_due(rest)
    if re.match(r"has\b", rest, re.IGNORECASE):
        return "only tags are asked for with has, like this: tag has runner"
    return next((say for shape, say in _BEFORE if shape.search(before)), "") or _next_due(before, rest, awaited)


def _value_due(rest: str) -> str:
    words = _WORDS.match(rest)
    if words and words[0]:
        return f'text needs quotes: "{words[0]}"'
    return 'a value is missing here, such as "Milpitas" or 3'


def _next_due(before: str, rest: str, awaited: set[str]) -> str:
    if "SIGN" in awaited:
        name = _NAME_LAST.search(before)
        if name and name[1].lower() in _JOINING:
            return f"a condition is missing before {name[1]}"
        asked = name[1] if name else "a field"
        return (
            f"after {asked} comes =, !=, <, <=, >, >=, in (…), contains, starts with, between, before, after, within "
            "or is empty"
        )
    if "NAME" in awaited:
        return 'a condition is missing here, such as city = "Milpitas" or tag has runner'
    if rest.startswith(")"):
        return "this parenthesis closes none"
    if "RPAR" in awaited and not rest:
        return "a closing parenthesis is missing"
    if _INSIDE_IN.search(before):
        return 'values in parentheses are parted by commas: in ("a", "b")'
    if "LPAR" in awaited:
        return 'in is followed by values in parentheses: in ("a", "b")'
    return "between two conditions stands and or or"
