"""The bytes of a file, unpacked when it is a .gz or a .zip. What they say is encoding.py and table.py."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from base.errors import BadInput

# A small file that unpacks to a huge one is a trap. Lists of people pack five to thirty times.
UNSUSPICIOUS = 64 << 20
HIGHEST_RATIO = 200

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_BROKEN = (zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, EOFError, NotImplementedError, RuntimeError)


def digest(path: Path) -> str:
    """The file's SHA-256, as it lies there. Raises BadInput."""
    with _readable(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def packing(path: Path) -> str:
    """`gzip`, `zip`, or nothing."""
    with _readable(path), path.open("rb") as file:
        head = file.read(4)
    return "gzip" if head.startswith(_GZIP) else "zip" if head == _ZIP else ""


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """What is inside. Raises BadInput, while reading too, for what is broken, locked or unpacks without end."""
    kind = packing(path)
    with _readable(path), ExitStack() as stack:
        if not kind:
            yield stack.enter_context(path.open("rb"))
            return
        try:
            inside: Any = gzip.GzipFile(path) if kind == "gzip" else _only_one(path, stack)
            stack.enter_context(inside)
        except _BROKEN as cause:
            raise _unpackable(path, cause) from cause
        limited = _Limited(inside, path, max(UNSUSPICIOUS, HIGHEST_RATIO * path.stat().st_size))
        yield stack.enter_context(io.BufferedReader(limited, 1 << 16))


class _Limited(io.RawIOBase):
    def __init__(self, inside: IO[bytes], path: Path, most: int) -> None:
        self._inside, self._path, self._left = inside, path, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # whoever calls it brings a memoryview
        try:
            data = self._inside.read(len(buffer))
        except _BROKEN as cause:
            raise _unpackable(self._path, cause) from cause
        self._left -= len(data)
        if self._left < 0:
            raise BadInput(
                f"{self._path.name} unpacks to more than {HIGHEST_RATIO} times its size; unpack it and import that"
            )
        buffer[: len(data)] = data
        return len(data)


def _only_one(path: Path, stack: ExitStack) -> IO[bytes]:
    archive = stack.enter_context(zipfile.ZipFile(path))
    names = [each.filename for each in archive.infolist() if not each.is_dir()]
    files = [name for name in names if not name.startswith("__MACOSX/") and not name.endswith(".DS_Store")]
    if "[Content_Types].xml" in files:
        raise BadInput(f"{path.name} is a spreadsheet; save it as 'CSV UTF-8' and import that")
    if len(files) != 1:
        raise BadInput(f"{path.name} holds {len(files)} files; unpack it and import each")
    return archive.open(files[0])


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise BadInput(f"{path} cannot be read ({cause.strerror or cause}); check the name") from cause


def _unpackable(path: Path, cause: Exception) -> BadInput:
    words = "it is locked with a password" if "encrypted" in str(cause) else str(cause) or "it ends too early"
    return BadInput(f"{path.name} cannot be unpacked ({words}); unpack it by hand and import that")
