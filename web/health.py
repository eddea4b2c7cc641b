"""GET /health, for whatever watches the service: 200 while the database can be read and has our schema."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from base.database import Database
from base.errors import TipsheetError
from delivery import events, heartbeat

CURRENT = "current"
log = logging.getLogger(__name__)


class Health:
    def __init__(self, db: Database, schema: Callable[[Database], str]) -> None:
        self._db, self._schema = db, schema

    def tell(self, request: Request) -> Response:
        try:
            found = self._look()
        except TipsheetError as trouble:
            log.error("not healthy: %s", trouble.sentence)
            return JSONResponse({"ok": False, "database": "cannot be read"}, 503)
        return JSONResponse(found, 200 if found["ok"] else 503)

    def _look(self) -> dict[str, Any]:
        schema = self._schema(self._db)
        if schema != CURRENT:
            return {"ok": False, "database": "can be read", "schema": schema}
        with self._db.read() as s:
            beat = heartbeat.last(s)
            return {
                "ok": True,
                "database": "can be read",
                "schema": schema,
                "last_heartbeat": beat.isoformat() if beat else None,
                "at_work": heartbeat.is_recent(s),
                "spool_waiting": events.waiting(s),
                "set_aside": events.set_aside(s),
            }
