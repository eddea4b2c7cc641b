"""The templates: Jinja2 files that are edited without Python. The only code here says where they lie."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def folder() -> Path:
    """The root for a Jinja2 loader: mails are `email/<name>/mail.html` and `mail.txt`, pages `web/<name>.html`."""
    return Path(str(files(__name__)))
