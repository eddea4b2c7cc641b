"""The wall clock of a process, set from outside: `sitecustomize` on its path follows a file. The product knows nothing
of it; what a process measures time with stays as it is, as when an administrator sets a machine's clock."""

from __future__ import annotations

from pathlib import Path

_FOLLOW = """
import pathlib, threading, time
from datetime import datetime, timedelta
import time_machine

def follow(file):
    apart, travel = 0, None
    while True:
        told = int(file.read_text() or apart)
        if told != apart:
            apart = told
            if travel:
                travel.stop()
            travel = time_machine.travel(datetime.now().astimezone() + timedelta(seconds=apart), tick=True)
            travel.start()
        time.sleep(0.05)

threading.Thread(target=follow, args=(pathlib.Path(%r),), daemon=True).start()
"""


class OtherClock:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._file = folder / "apart"
        self._file.write_text("0")
        (folder / "sitecustomize.py").write_text(_FOLLOW % str(self._file))
        self.env = {"PYTHONPATH": str(folder)}

    def set(self, seconds: int) -> None:
        """So far from the true time; before it for a negative number."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self._file)
