"""Log lines for machines and people, on standard error: `time level logger message key=value`, or one JSON object.
Ids only: an address or a secret never goes into a log, and whatever looks like one is taken out."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}
# An address (but not the user and host of a URL), an API key, a token in a header: words of others may quote them.
_PRIVATE = re.compile(r"(?<![\w/.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|\bSG\.[\w-]{8,}(?:\.[\w-]+)?|(?<=Bearer )\S+")
_HIDDEN = "[hidden]"


def setup(level: str = "info", form: str = "text") -> None:
    """Send everything of that level and above to standard error. It may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Line())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # At DEBUG it prints every request's headers, and with them the API key.
    logging.getLogger("python_http_client").setLevel(logging.WARNING)


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = [f"{name}={_quoted(value)}" for name, value in _facts(record).items()]
        # One record, one line: text from outside must not be able to write a second one.
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = " ".join([_at(record), record.levelname.lower(), record.name, message, *facts])
        return _PRIVATE.sub(_HIDDEN, f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            **_facts(record),
            "time": _at(record),
            "level": record.levelname.lower(),
            "part": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return _PRIVATE.sub(_HIDDEN, json.dumps(told, ensure_ascii=False, default=str))


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _OWN}


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and not any(c.isspace() or c in '"=' for c in text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
    return text if plain else f'"{escaped}"'
