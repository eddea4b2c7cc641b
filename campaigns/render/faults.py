"""All that is wrong with a template at once, for whoever writes one; compiling stops at the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jinja2

from base.errors import Refused
from campaigns.render import Source, compiled_fields, environments
from campaigns.render.environment import Environment
from campaigns.render.names import faults as name_faults
from campaigns.render.names import parts, personal_parts
from campaigns.render.subset import Subset


def faults(
    source: Source, names: Mapping[str, Any], fields: Mapping[str, str | None], loader: jinja2.BaseLoader
) -> list[Refused]:
    """What can be told without rendering, each with template and line, in that order."""
    known = compiled_fields(fields)
    found = [fault for env in environments(source, loader) for fault in _of_one(env, names, known)]
    return sorted(found, key=lambda fault: (fault.facts["template"], fault.facts["line"]))


def _of_one(env: Environment, names: Mapping[str, Any], fields: Mapping[str, str | None]) -> Iterator[Refused]:
    try:
        trees = parts(env)
        personal = personal_parts(trees)
        yield from name_faults(env, trees, names)
        for name, tree in trees.items():
            yield from Subset(name, fields, personal).faults(tree)
    except Refused as fault:  # it cannot even be read
        yield fault
