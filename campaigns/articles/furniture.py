"""What stands on a page and is no part of an article: menus, notices, share buttons, forms, bylines. Taken out."""

# ruff: noqa: SIM905 - a long list of words is read more easily as one text

from __future__ import annotations

import re

from lxml import etree

from campaigns.articles.blocks import words
from campaigns.articles.headings import is_byline

_ROLES = frozenset(
    "alert alertdialog banner complementary contentinfo dialog menu menubar navigation search toolbar".split()
)
_TAGS = frozenset({"header", "footer", "form", "address", "label"})  # where they hold little of the page
# Words of class names and ids, as the makers of sites name such things.
_NAMES = frozenset(
    "ad ads advert advertisement breadcrumb breadcrumbs byline comments consent cookie cookies copyright disqus gdpr"
    " masthead menu modal nav navbar navigation newsletter pager pagination popup promo related relatedposts respond"
    " share sharedaddy sharing sidebar signup skip social sponsor sponsored subscribe subscription"
    " subtitle toolbar".split()
)
_PHRASES = re.compile(
    r"author[-_ ]?(?:box|bio|card|info|profile)|(?:entry|post|blog|article)[-_ ]?meta|(?:read|up)[-_ ]?next|back[-_ ]to"
    r"[-_ ]top|(?:tags?|cat|category)[-_ ]links|widget[-_ ]area|comment[-_ ](?:list|form|respond)"
    r"|(?:more|other|recent|related)[-_ ](?:articles|posts|stories)"
)
_HIDDEN_NAMES = frozenset({"screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden"})
_ABOUT = ("has", "with", "no", "is", "without")  # "has-sidebar" says what stands beside, not what this is
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_MOST_SHARE = 0.4  # of the page's words: whatever holds more is no furniture, however it is called
_NAME_PARTS = re.compile(r"[-_:]+|(?<=[a-z])(?=[A-Z])")

_MOST_WORDS = 14
_RIGHTS = re.compile(r"©|\bcopyright\b|\ball rights reserved\b", re.I)
_OTHERS = re.compile(
    r"(?:(?:leave a )?(?:comments?|reply)$|\d+ (?:comments?|thoughts on|responses)\b|discussion about|written by\b"
    r"|about the author|more (?:from|articles|posts)\b|(?:related|recent|other) (?:articles|posts|stories)|read next"
    r"|up next|you (?:might|may) also (?:like|enjoy)|share this\b|sign up\b|subscribe\b|tags?$)",
    re.I,
)
_MADE_BY_FEED = re.compile(r"the post .{1,300} (?:appeared first|first appeared) on .{1,100}\.?$", re.I)
_NOTICE = re.compile(
    r"(?:©|\(c\)|advertisement$|sponsored$|share (?:this|on)\b|(?:posted|submitted) (?:in|on|by)\b|filed under\b"
    r"|tagged\b|tags?:|categor(?:y|ies):|leave a (?:comment|reply)|log in (?:or register )?to\b"
    r"|sign up\b.*\b(?:newsletter|more)|subscribe\b|skip to\b|back to top|you might also like"
    r"|related (?:posts|articles)|read next|up next|you are visitor|this (?:site|website) uses cookies"
    r"|thanks? (?:you )?for reading|last (?:changed|updated|modified)\b)",
    re.I,
)


def without_furniture(body: etree._Element) -> None:
    """Takes it out of the tree, in place."""
    most = _MOST_SHARE * len(words(_text(body)))
    for element in list(body.iter(etree.Element)):
        if element is body or element.getparent() is None:
            continue
        if _is_hidden(element) or (_is_furniture(element) and len(words(_text(element))) <= most):
            element.drop_tree()


def is_notice(text: str) -> bool:
    """Whether so short a text speaks of the page, not of the article's subject."""
    return speaks_of_page(text) or (len(text.split()) <= _MOST_WORDS and is_byline(text))


def speaks_of_page(text: str) -> bool:
    """The same, but a day or a name alone may be part of an article."""
    if _MADE_BY_FEED.match(text):
        return True
    return len(text.split()) <= _MOST_WORDS and bool(_NOTICE.match(text) or _RIGHTS.search(text))


def ends_article(heading: str) -> bool:
    """Whether what follows such a heading is about other articles or readers."""
    return len(heading.split()) <= _MOST_WORDS and _OTHERS.match(heading) is not None


def _is_hidden(element: etree._Element) -> bool:
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style", "")) is not None
        or not _HIDDEN_NAMES.isdisjoint(element.get("class", "").split())
    )


def _is_furniture(element: etree._Element) -> bool:
    if element.get("role") in _ROLES:
        return True
    if element.tag in _TAGS:
        return not any(above.tag in ("blockquote", "figure") for above in element.iterancestors())
    named = f"{element.get('class', '')} {element.get('id', '')}"
    return _PHRASES.search(named.lower()) is not None or any(_names(token) for token in named.split())


def _names(token: str) -> bool:
    parts = [part.lower() for part in _NAME_PARTS.split(token) if part]
    return bool(parts) and parts[0] not in _ABOUT and not _NAMES.isdisjoint(parts)


def _text(element: etree._Element) -> str:
    return " ".join(element.itertext())
