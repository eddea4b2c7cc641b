"""Log lines for machines and people alike: `time level logger message key=value` on standard error.
Ids only: an address of a subscriber never goes into a log."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


def setup(level: str = "info") -> None:
    """Send everything of that level and above to standard error. It may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # At DEBUG it prints every request's headers, and with them the API key.
    logging.getLogger("python_http_client").setLevel(logging.WARNING)


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = [f"{name}={_quoted(value)}" for name, value in vars(record).items() if name not in _OWN]
        # One record, one line: text from outside must not be able to write a second one.
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = " ".join([at.replace("+00:00", "Z"), record.levelname.lower(), record.name, message, *facts])
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and not any(c.isspace() or c in '"=' for c in text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return text if plain else f'"{escaped}"'
