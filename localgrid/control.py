"""What the real one does not have: /_faults and /_stats, for whoever tests against us."""

from __future__ import annotations

import orjson

from localgrid.faults import BadRule
from localgrid.grid import Grid, stats
from localgrid.http import Request, Response, as_json


def show_faults(grid: Grid, request: Request) -> Response:
    return as_json([rule.as_json() for rule in grid.faults.rules])


def put_faults(grid: Grid, request: Request) -> Response:
    try:
        grid.faults.put(orjson.loads(request.body))
    except BadRule as error:
        return as_json({"error": str(error)}, 400)
    except ValueError:
        return as_json({"error": "The rules are not JSON."}, 400)
    return show_faults(grid, request)


def clear_faults(grid: Grid, request: Request) -> Response:
    grid.faults.rules = []
    return Response(204)


def show_stats(grid: Grid, request: Request) -> Response:
    return as_json(stats(grid))
