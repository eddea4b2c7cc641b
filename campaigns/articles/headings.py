"""Whether a line of plain text could be a heading, by its own looks. What stands around it is judged in roles.py."""

from __future__ import annotations

import re
from typing import Literal

from campaigns.articles.english import (
    ADDRESSED,
    ASKING,
    ASKING_FOR_FACTS,
    CLAUSE_OPENERS,
    GENERIC,
    SMALL,
)
from campaigns.articles.phones import has_phone
from campaigns.articles.sentences import CLOSERS, ends_as_sentence, sentences

# strong: written like a title. weak: like the beginning of a sentence that nobody ended.
Looks = Literal["strong", "weak", "none"]

_MOST_WORDS, _MOST_CHARACTERS, _MOST_WEAK_WORDS = 14, 110, 9
_TITLE_SHARE = 0.7  # of the words that titles write with a capital
_WEB = re.compile(r"https?://|www\.|\S@\S+\.\w", re.I)
_BYLINE = re.compile(
    r"(?:(?:written |posted |reviewed )?by\s+(?-i:[A-Z])|(?:posted|published|updated|last updated)\b"
    r"|\d+\s*min(?:ute)?s?\s+read\b"
    r"|(?:\w{3,9}\.?\s+)?\d{1,2}(?:st|nd|rd|th)?,?\s+(?:\w{3,9}\.?,?\s+)?(?:19|20)\d\d\b)",
    re.I,
)
# "Book Now", "Schedule Your Visit Today": the words on a button.
_BUTTON = re.compile(
    r"(?:book|schedule|reserve|claim|call|contact|click|read|learn|sign|subscribe|register|download|share|shop|order"
    r"|request)\b.*\b(?:now|here|today|more|us|online|up)[\s»›→>]*",
    re.I,
)
_MOST_BUTTON_WORDS = 8


def looks(text: str) -> Looks:
    words = text.split()
    if len(text) > _MOST_CHARACTERS or len(words) > _MOST_WORDS or not any(map(str.isalpha, text)):
        return "none"
    if _is_sentence(text) or _is_something_else(text, words):
        return "none"
    if text.endswith("?"):
        return _question(words)
    if is_title_case(words):
        return "strong"
    return "weak" if _is_weak(text, words) else "none"


def is_title_case(words: list[str]) -> bool:
    """Most of the words that a title writes with a capital have one; scripts without capitals never do."""
    telling = [w for w in map(_letters, words) if w and w.lower() not in SMALL]
    capitals = sum(not word[0].islower() for word in telling)
    if not telling or words[-1].islower() or telling[0][0].islower():
        return False  # the last word of a title has its capital, however small
    return any(word[0].isupper() for word in telling) and capitals >= _TITLE_SHARE * len(telling)


def could_head_text(text: str) -> bool:
    """Whether the words behind a number or a bullet could be a heading: few, and no sentence."""
    return len(text) <= _MOST_CHARACTERS and len(text.split()) <= _MOST_WORDS and not _is_sentence(text)


def is_generic(heading: str) -> bool:
    return heading.casefold().strip(" :") in GENERIC


def is_byline(text: str) -> bool:
    """Who wrote it, and when."""
    return len(text) <= _MOST_CHARACTERS and not ends_as_sentence(text) and _BYLINE.match(text) is not None


def _is_sentence(text: str) -> bool:
    bare = text.rstrip(CLOSERS + " ")
    if bare.endswith((",", ";")) or (ends_as_sentence(text) and not bare.endswith("?")):
        return True
    return len(sentences(text)) > 1


def _is_something_else(text: str, words: list[str]) -> bool:
    is_button = len(words) <= _MOST_BUTTON_WORDS and _BUTTON.fullmatch(text)
    return bool(is_button or _WEB.search(text) or is_byline(text) or has_phone(text))


def _question(words: list[str]) -> Looks:
    if is_title_case(words) and len(words) > 1:
        return "strong"
    opener, second = words[0].lower(), words[1].lower() if len(words) > 1 else ""
    # "Are you ready?" talks to the reader and belongs to the text; "Is running bad for knees?" heads an answer.
    talks = opener not in ASKING_FOR_FACTS and second in ADDRESSED
    return "weak" if opener in ASKING and second and not talks else "none"


def _is_weak(text: str, words: list[str]) -> bool:
    opener = words[0].lower().replace("’", "'")
    starts = text.lstrip("\"'“‘«([¿¡")[:1]
    if text.endswith(":") or opener in CLAUSE_OPENERS or len(words) > _MOST_WEAK_WORDS:
        return False
    return starts.isupper() or starts.isdigit() or (starts.isalpha() and not starts.islower())


def _letters(word: str) -> str:
    return word.lstrip("\"'“‘«([-–—&/|").rstrip("\"'”’»)],:;?-–—")
