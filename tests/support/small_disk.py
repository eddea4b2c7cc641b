"""A disk that is full whenever a test wants it: a small file system of its own where we may mount one, and else a limit
of the system on how long a process' files may become. Either way the system itself refuses to write."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SIZE = 24 << 20
_PIECE = b"x" * 65_536


class SmallDisk:
    def __init__(self, folder: Path, *, is_mounted: bool) -> None:
        self.folder, self._is_mounted = folder, is_mounted
        self._ballast = folder / "ballast"

    def fill(self, process: int) -> None:
        """From now on this process cannot make any file on the disk longer."""
        if not self._is_mounted:
            longest = max((file.stat().st_size for file in self.folder.iterdir()), default=0)
            _limit(process, longest)
            return
        with self._ballast.open("wb", buffering=0) as file:
            for piece in (_PIECE, b"x"):
                try:
                    while file.write(piece) == len(piece):
                        pass
                except OSError:
                    pass

    def free(self, process: int) -> None:
        self._ballast.unlink() if self._is_mounted else _limit(process, resource.RLIM_INFINITY)


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)]
    may_mount = os.geteuid() == 0 and shutil.which("mount") is not None
    is_mounted = may_mount and subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield SmallDisk(folder, is_mounted=is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _limit(process: int, longest: int) -> None:
    resource.prlimit(process, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))
