"""The templates: Jinja2 files that are edited without Python. The only code here says where they lie."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def folder() -> Path:
    """Mails are `email/<name>/mail.html` and `mail.txt`, found from `email`; pages are `web/<name>.html`."""
    return Path(str(files(__name__)))
