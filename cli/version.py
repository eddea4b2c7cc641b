"""`tipsheet version`: which one this is, for reports of trouble."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed

from cli.output import Json, Printer


def version(as_json: Json = False) -> None:
    """Print the version of Tipsheet.

    Example: tipsheet version
    """
    printer = Printer(as_json)
    found = {"tipsheet": installed("tipsheet"), "python": platform.python_version()}
    printer.say(f"Tipsheet {found['tipsheet']}, Python {found['python']}")
    printer.document(found)
