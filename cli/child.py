"""localgrid as a child process of the service: it listens before we go on. Its own side is child_process.py."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType

import urllib3

from base.config import Config
from base.errors import Broken, Refused
from delivery.providers import LOCAL_KEY

_STOP_SECONDS = 10
_ASK = urllib3.Timeout(2)


class Child:
    """A localgrid of our own; none is started where one listens already."""

    def __init__(self, config: Config, events_url: str) -> None:
        self.url = f"http://127.0.0.1:{config.localgrid.port}"
        self._process = None if self._is_there() else _start(config, events_url)

    @property
    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def public_key(self) -> str:
        """What it signs its events with."""
        answer = self._get("/v3/user/webhooks/event/settings/signed")
        if answer.status != 200:
            raise Broken(
                f"localgrid at {self.url} does not tell its public key (status {answer.status}); start it anew"
            )
        return str(answer.json()["public_key"])

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _is_there(self) -> bool:
        try:
            return bool(self._get("/v3/scopes").status == 200)
        except urllib3.exceptions.HTTPError:
            return False

    def _get(self, path: str) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {LOCAL_KEY}", "Connection": "close"}
        with urllib3.PoolManager(retries=False, timeout=_ASK) as pool:
            return pool.request("GET", self.url + path, headers=headers)


def _start(config: Config, events_url: str) -> subprocess.Popen[bytes]:
    settings = {"data": str(config.localgrid.path), "port": config.localgrid.port, "events_url": events_url}
    process = subprocess.Popen(  # noqa: S603  our own program, with settings of our own
        [sys.executable, "-P", "-m", "cli.child_process", json.dumps({**settings, "api_key": LOCAL_KEY})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Ctrl-C in the terminal is for us alone: requests in flight still want an answer.
        start_new_session=True,
    )
    if process.stdout is None or not process.stdout.readline():
        process.wait()
        raise Refused(
            f"localgrid cannot listen on port {config.localgrid.port}: stop what listens there, "
            "or change [localgrid] port"
        )
    return process
