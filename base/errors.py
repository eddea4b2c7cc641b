"""Every failure that a person is told of. A door turns one into an exit code or an HTTP status; nothing else does."""

from __future__ import annotations


class TipsheetError(Exception):
    """A sentence for a person that says what to do next; the facts go along as attributes."""

    def __init__(self, sentence: str, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts


class Refused(TipsheetError):
    """What was asked for is understood and will not be done (exit 1, HTTP 409)."""


class NotFound(Refused):
    """A name that is not there (exit 1, HTTP 404)."""


class BadInput(Refused):
    """Something given from outside that cannot be read (exit 1, HTTP 400)."""


class ConfigError(TipsheetError):
    """The configuration cannot be used; names file, key and what was expected (exit 2)."""


class Broken(TipsheetError):
    """Our own figures do not add up, or a key does not fit the database: stop and say so (exit 1)."""
