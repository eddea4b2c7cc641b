"""What is wrong with a rule's text: one sentence that says how to mend it, and a mark under the place."""

from __future__ import annotations

import re

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

_WORDS = re.compile(r"[^\s()\"',]+(?:\s+(?!(?:and|or|not|in|contains|has|is)\b)[^\s()\"',=<>!]+)*", re.IGNORECASE)
_VALUE_DUE = re.compile(r"(?:[=<>]|\bcontains|\bin\s*\((?:[^()]*,)?)\s*\Z", re.IGNORECASE)
_NAME_LAST = re.compile(r"(?:^|[\s(])([^\W\d]\w*)\s*\Z")
_INSIDE_IN = re.compile(r"\bin\s*\([^()]*\Z", re.IGNORECASE)
_JOINING = ("and", "or", "in", "contains", "has")
_OTHER_SIGNS = {"==": "one = is enough", "<>": "write != for: not the same", "&&": "write and", "||": "write or"}
_CURLY = "“”„‘’«»"


def complaint(text: str, error: UnexpectedInput) -> str:
    at = _place(text, error)
    return pointed(text, at, _how_to_mend(text[:at], text[at:], _awaited(error)))


def pointed(text: str, at: int, words: str) -> str:
    """The sentence, the rule on one line below it, and a caret under the place."""
    line = re.sub(r"\s", " ", text)
    return f"The rule cannot be used at column {at + 1}: {words}\n  {line}\n  {' ' * at}^"


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
    if _VALUE_DUE.search(before):
        return _value_due(rest)
    if re.search(r"\b(?:tag|tags)\s*\Z", before, re.IGNORECASE) or re.match(r"has\b", rest, re.IGNORECASE):
        return "only tags are asked for with has, like this: tag has runner"
    if re.search(r"\bhas\s*\Z", before, re.IGNORECASE):
        return "the name of a tag is missing here, like this: tag has runner"
    return _next_due(before, rest, awaited)


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
        return f"after {name[1] if name else 'a field'} comes =, !=, <, <=, >, >=, in (…) or contains"
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
