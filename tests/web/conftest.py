"""A real server on a free port, and a client that follows nothing and keeps nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

import migrations
from base.config import Config, WebConfig
from base.database import Database
from delivery.providers.sendgrid.webhook import SIGNATURE, TIMESTAMP
from subscribers.keys import Keys
from web.app import make_app
from web.server import Server

SIGNING = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: Any


@dataclass(frozen=True)
class Client:
    url: str
    pool: urllib3.PoolManager

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        found = self.pool.request(
            method, self.url + path, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        return Answer(found.status, found.data.decode(), found.headers)

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, body: bytes | str = "", kind: str = "application/x-www-form-urlencoded") -> Answer:
        return self.ask("POST", path, body, Content_Type=kind)


@contextmanager
def served(db: Database, keys: Keys, key: Any = None, provider: Any = None, **web: Any) -> Iterator[Client]:
    config = Config(file=Path("config.toml"), web=WebConfig(**web))
    server = Server("127.0.0.1", 0)
    server.start(make_app(db, keys, config, key, lambda _db: migrations.Schema.CURRENT, provider))
    pool = urllib3.PoolManager(retries=False, timeout=30)
    try:
        yield Client(server.url, pool)
    finally:
        pool.clear()
        server.close()


@pytest.fixture
def site(db: Database, keys: Keys) -> Iterator[Client]:
    with served(db, keys, SIGNING.public_key()) as client:
        yield client


@pytest.fixture
def sqlite_site(sqlite_db: Database, keys: Keys) -> Iterator[Client]:
    with served(sqlite_db, keys, SIGNING.public_key()) as client:
        yield client


@pytest.fixture
def signed() -> Callable[[bytes], dict[str, str]]:
    def sign(body: bytes) -> dict[str, str]:
        signature = SIGNING.sign(b"1700000000" + body, ec.ECDSA(hashes.SHA256()))
        return {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: "1700000000"}

    return sign
