"""The child's side of child.py: a localgrid that ends with its parent, however that ends. It loads nothing else."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

from localgrid.server import serve
from localgrid.settings import Settings


def main() -> None:
    """Serve until told to stop, or until the pipe from the parent closes, which needs no goodbye."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    given = json.loads(sys.argv[1])
    try:
        serve(Settings(**{**given, "data": Path(given["data"])}))
    except OSError as trouble:
        sys.exit(f"localgrid: {trouble.strerror}")


def _end_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
