"""A localgrid as a process of its own, a listener for its events, and a request that it accepts."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "tests" / "contract"
KEY = {"Authorization": "Bearer SG.local", "Content-Type": "application/json"}


def message(*to: str, **changes: Any) -> dict[str, Any]:
    """A request as a newsletter sends it: one personalization a person."""
    people = to or ("anna@example.com",)
    return {
        "personalizations": [
            {
                "to": [{"email": address}],
                "substitutions": {"-t1first-": address.split("@")[0], "-t1link-": "https://news.example.com/o/abc"},
                "custom_args": {"nl_try": "attempt-1", "nl_sub": str(n)},
                "headers": {
                    "List-Unsubscribe": "<https://news.example.com/o/abc>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                },
            }
            for n, address in enumerate(people)
        ],
        "from": {"email": "news@example.com", "name": "Larkfield Physiotherapy"},
        "reply_to": {"email": "hello@example.com"},
        "subject": "Tips for -t1first-",
        "content": [
            {"type": "text/plain", "value": "Hello -t1first-, leave: -t1link-"},
            {"type": "text/html", "value": '<p>Hello -t1first-</p><a href="https://example.com/a">Read</a>'},
        ],
        "categories": ["newsletter"],
        "tracking_settings": {
            "click_tracking": {"enable": True, "enable_text": False},
            "open_tracking": {"enable": True},
            "subscription_tracking": {"enable": False},
        },
        **changes,
    }


@dataclass
class Running:
    url: str
    data: Path
    process: subprocess.Popen[str]
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=10.0))

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(method, self.url + path, body=raw, headers={**KEY, **names}, redirect=False)

    def send(self, *to: str, **changes: Any) -> urllib3.BaseHTTPResponse:
        return self.ask("POST", "/v3/mail/send", message(*to, **changes))

    def faults(self, *rules: dict[str, Any]) -> None:
        answer = self.ask("PUT", "/_faults", list(rules))
        assert answer.status == 200, answer.data

    def stats(self) -> Any:
        return self.ask("GET", "/_stats").json()

    def mailbox(self) -> list[dict[str, Any]]:
        """Without a last line that is being written at this moment."""
        whole, _, _ = (self.data / "mailbox.jsonl").read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def stop(self) -> int:
        self.http.clear()
        self.process.terminate()
        code = self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()
        return code


def start(data: Path, *options: str) -> Running:
    command = [sys.executable, "-m", "localgrid", "--port", "0", "--data", str(data), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "listens on" in line, line
    return Running(line.split()[-1], data, process)


@contextmanager
def running(data: Path, *options: str) -> Iterator[Running]:
    grid = start(data, *options)
    try:
        yield grid
    finally:
        grid.stop()


@dataclass
class Listener:
    """A web hook's receiver that keeps each post and answers as it is told."""

    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # for the next posts; then 200

    def events(self) -> list[dict[str, Any]]:
        """The events of every post that was answered with 200, in the order of their coming."""
        return [event for _, body in list(self.posts) for event in json.loads(body)]


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = listener.answers.pop(0) if listener.answers else 200
            if status == 200:
                listener.posts.append((dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()


def until(seen: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that comes from another process; the limit only ends a hopeless test."""
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def schema_of(file: str, *way: str) -> dict[str, Any]:
    """A schema inside one of the official files, with everything that it refers to in reach."""
    document = json.loads((CONTRACT / file).read_text())
    schema: Any = document
    for step in way:
        schema = schema[step]
        while "$ref" in schema and step != way[-1]:
            schema = _at(document, schema["$ref"])
    return {"components": document.get("components", {}), **schema}


def conform(instance: Any, schema: dict[str, Any]) -> None:
    """Raises where the instance breaks the schema; the schema itself may carry the official files' faults."""
    Draft202012Validator(schema).validate(instance)


def _at(document: Any, ref: str) -> Any:
    for step in ref.removeprefix("#/").split("/"):
        document = document[step]
    return document
