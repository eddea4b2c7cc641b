"""Stand-ins for what must come through a parser unread."""

from __future__ import annotations

import re
from itertools import count


class Stash:
    """Stand-ins for what must come through unread: letters and digits that stand nowhere in the document."""

    def __init__(self, document: str) -> None:
        # Not random: premailer's cache then serves the next document too.
        self._stem = next(stem for n in count() if (stem := f"k{n}n") not in document)
        self._texts: dict[str, str] = {}
        self._tokens: dict[str, str] = {}

    def put(self, text: str) -> str:
        token = self._tokens.setdefault(text, f"{self._stem}{len(self._tokens)}k")
        self._texts[token] = text
        return token

    def holds(self, text: str) -> bool:
        return self._stem in text

    def take(self, text: str) -> str:
        return re.sub(rf"{self._stem}\d+k", lambda match: self._texts.get(match[0], match[0]), text)

    def restore(self, document: str) -> str:
        comments = re.sub(rf"<!--({self._stem}\d+k)-->", lambda match: self._texts.get(match[1], match[0]), document)
        return self.take(comments)
