"""How often one visitor, or one address, may ask: token buckets in memory, a bounded number of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_MOST = 20_000  # buckets; the one that was not used for longest makes room, and is full by then in all likelihood


class Buckets:
    """`burst` at once, then one every `seconds`."""

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._seconds, self._clock = burst, seconds, clock
        self._left: OrderedDict[bytes | str, tuple[float, float]] = OrderedDict()  # how many are left, as of when
        self._lock = threading.Lock()

    def take(self, key: bytes | str) -> bool:
        """False: not now."""
        now = self._clock()
        with self._lock:
            left, since = self._left.pop(key, (float(self._burst), now))
            left = min(self._burst, left + (now - since) / self._seconds)
            is_allowed = left >= 1
            self._left[key] = (left - 1 if is_allowed else left, now)
            while len(self._left) > _MOST:
                self._left.popitem(last=False)
        return is_allowed
