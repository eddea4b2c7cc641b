"""Where a sentence ends: abbreviations, initials, decimals, quotes and ellipses do not fool it."""

from __future__ import annotations

import re

from campaigns.articles.english import ABBREVIATIONS

CLOSERS = "\"'”’»)]"
# The look-behind keeps a long row of dots from being tried again at each of its dots.
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”]*")
_INITIAL = re.compile(r"(?:[A-HJ-Z]|[A-Za-z](?:\.[A-Za-z])+)")  # "J." and "U.S."; "I." is a word
_LAST_TOO = frozenset({"a.m", "p.m"})
_LONGEST_ABBREVIATION = 12


def sentences(text: str) -> list[str]:
    text = " ".join(text.split())
    found, start = [], 0
    for mark in _END.finditer(text):
        if _ends_here(text, start, mark):
            found.append(text[start : mark.end()].strip())
            start = mark.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def ends_as_sentence(text: str) -> bool:
    return text.rstrip(CLOSERS + " ").endswith((".", "!", "?", "…", "。", "！", "？"))


def _ends_here(text: str, start: int, mark: re.Match[str]) -> bool:
    following = text[mark.end() : mark.end() + 2].strip()[:1]
    if not following:
        return True
    if following.islower():
        return False
    return mark.group() != "." or not _is_abbreviation(text, start, mark.start(), following)


def _is_abbreviation(text: str, start: int, dot: int, following: str) -> bool:
    word_start = max(text.rfind(" ", max(start, dot - _LONGEST_ABBREVIATION), dot) + 1, start)
    word = text[word_start:dot].lstrip("\"'“‘«([")
    if word.isdigit():  # "1." that opens a sentence is its number
        return not text[start:word_start].strip()
    if word.lower() == "no":  # "No. 5", but "He said no. Then …"
        return following.isdigit()
    if word.lower() in _LAST_TOO:
        return False
    return word.lower() in ABBREVIATIONS or _INITIAL.fullmatch(word) is not None
