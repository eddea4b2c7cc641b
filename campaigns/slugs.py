"""The short names by which people call what they added. They stand in commands, never in a mail or a link."""

from __future__ import annotations

import re
import unicodedata

from base.errors import BadInput

LONGEST = 64
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def slug_from(title: str) -> str:
    """`Why does my back hurt?` is `why-does-my-back-hurt`. Raises BadInput when no letter is left."""
    # Small letters last: some signs, such as 𝑨, are capitals only once they are taken apart.
    apart = unicodedata.normalize("NFKD", title.casefold()).casefold()
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    words: list[str] = re.findall(r"[^\W_]+", re.sub("['’]", "", bare))
    parts = [part for word in words if (part := word.encode("ascii", "ignore").decode())]
    if not parts:
        raise BadInput(f"No short name can be made from the title {title[:80]!r}; choose one with --slug")
    slug = parts[0][:LONGEST]
    for part in parts[1:]:
        if len(slug) + 1 + len(part) > LONGEST:
            break
        slug += "-" + part
    return slug


def check_slug(slug: str) -> str:
    """The slug itself. Raises BadInput."""
    if not _SLUG.fullmatch(slug) or len(slug) > LONGEST:
        raise BadInput(
            f"{slug[: LONGEST + 20]!r} cannot be a slug; use up to {LONGEST} small letters and digits with - between"
        )
    return slug
