"""What runs in a child process of ours: localgrid for child.py, and how any child ends with its parent."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path


def serve_localgrid() -> None:
    # Not above: whoever only wants to end with a parent needs no localgrid.
    from localgrid.server import serve
    from localgrid.settings import Settings

    end_with_parent()
    given = json.loads(sys.argv[1])
    try:
        serve(Settings(**{**given, "data": Path(given["data"])}))
    except OSError as trouble:
        sys.exit(f"localgrid: {trouble.strerror}")


def end_with_parent() -> None:
    """Be told to stop when the pipe from the parent closes, which a killed parent does, too."""
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve_localgrid()
