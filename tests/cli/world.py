"""A clinic with a SendGrid account, a DNS and a public address that are in order, to be spoiled one by one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from base.config import load
from base.database import Database
from subscribers.keys import load_keys
from tests.cli.conftest import Run
from tests.localgrid.support import Running, running
from tests.support.certificate import certified
from tests.support.domains import DOMAIN, Table, in_order
from tests.support.nameserver import name_server
from tests.support.site import said, site
from web.app import make_app

SETTINGS = "/v3/user/webhooks/event/settings"
HEALTHY = said('{"ok": true, "database": "can be read"}', "application/json")
ANSWERS = {
    "/health": HEALTHY,
    "/events/sendgrid": said("not signed", status=400),
    "/u/no-link-has-this-token": said("no such link", status=404),
}


@dataclass
class World:
    """A clinic whose account, DNS and public address are in order, to be spoiled."""

    tipsheet: Run
    folder: Path
    env: pytest.MonkeyPatch
    stack: ExitStack
    grid: Running | None = None
    records: Table = field(default_factory=in_order)

    def enter(self, one: AbstractContextManager[Any]) -> Any:
        return self.stack.enter_context(one)

    def account(self, *options: str) -> Running:
        """Another SendGrid account, made with these options; it has no web hook yet."""
        (self.folder / "grid").mkdir()
        self.grid = self.enter(running(self.folder / "grid", *(options or ("--sender", DOMAIN))))
        self.set("SENDGRID__BASE_URL", self.grid.url)
        return self.grid

    def answers(self, changes: dict[str, bytes] | None = None, days: int = 90) -> None:
        """What stands at the public address answers so."""
        server, _ = certified(self.folder, "localhost", days)
        self.env.setenv("SSL_CERT_FILE", str(self.folder / "certificate.pem"))
        front = self.enter(site({**ANSWERS, **(changes or {})}, server))
        self.set("WEB__PUBLIC_URL", f"https://localhost:{front.port}")

    def set(self, name: str, value: str) -> None:
        self.env.setenv(f"TIPSHEET_{name}", value)

    def run(self, *words: str) -> dict[str, tuple[str, str]]:
        with name_server(self.records) as dns:
            ended = self.tipsheet(*words, "--dns", dns, "--json")
        assert "Traceback" not in ended.err, ended.err
        told = json.loads(ended.out)
        assert ended.code == (0 if told["ok"] else 1)
        return {one["check"]: (one["state"], one["words"]) for one in told["checks"]}

    def connect(self, *words: str) -> dict[str, tuple[str, str]]:
        return self.run("connect", "sendgrid", *words)

    def doctor(self) -> dict[str, tuple[str, str]]:
        return self.run("doctor")

    def hook(self) -> dict[str, Any]:
        assert self.grid is not None
        return self.grid.ask("GET", f"{SETTINGS}/all").json()["webhooks"][0]  # type: ignore[no-any-return]


@contextmanager
def real_service(folder: Path, port: int, key: EllipticCurvePublicKey | None) -> Iterator[None]:
    """Our own pages behind https."""
    config = load()
    db = Database(config.database.url)
    app = make_app(db, load_keys(config.keys.path), config, key, lambda _: "current")
    settings = uvicorn.Config(app, port=port, log_config=None, lifespan="off", ws="none")
    settings.ssl_certfile, settings.ssl_keyfile = str(folder / "certificate.pem"), str(folder / "key.pem")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join()
        db.close()
