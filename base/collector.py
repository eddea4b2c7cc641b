"""When Python looks for circles in memory: seldom, where thousands of objects without one are made at a time."""

from __future__ import annotations

import gc

_OBJECTS = 200_000  # more than all requests that are being put together at one moment are made of


def collect_seldom() -> None:
    """For the rest of this process, whose modules are loaded: they stay, and are never looked through again.

    Otherwise each few hundred objects of a request cost a look at the last ones, and now and then one at everything:
    as much as half of what sending takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
