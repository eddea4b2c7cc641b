"""The service, put together at the door and taken apart in the opposite order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

import migrations
from base.collector import collect_seldom
from base.config import Config
from base.errors import Broken, TipsheetError
from cli.child import Child
from cli.door import Door
from delivery import dispatch, heartbeat, pace, warm_up
from delivery.outbox import Outbox, Pace
from delivery.providers import open_provider
from delivery.providers.provider import Provider
from delivery.providers.sendgrid.webhook import public_key
from delivery.settle import Rules
from scheduler import Clock, Service
from web.app import make_app
from web.server import Server

_SHORTEST_PROBING = timedelta(seconds=10)


@dataclass(frozen=True)
class Running:
    server: Server
    grid: Child | None  # localgrid, where the provider is local

    def wait(self, stop: threading.Event) -> None:
        """Until `stop`. Raises Broken when a part of us ends before."""
        while not stop.wait(1):
            if not self.server.is_alive:
                raise Broken("The web server has ended; what it said stands above. Start again with: tipsheet run")
            if self.grid and self.grid.has_ended:
                raise Broken("localgrid has ended; what it said stands above. Start again with: tipsheet run")


@contextmanager
def running(door: Door) -> Iterator[Running]:
    """At the end nothing new is claimed; what is in flight ends while its provider and our web hook still answer."""
    config, owner = door.config, heartbeat.this_process()
    with ExitStack() as stack:
        stack.callback(sign_off, door, owner)  # last of all: nothing of us works any more
        server = stack.enter_context(closing(Server(config.web.host, config.web.port)))
        grid = None
        if config.delivery.provider == "local":
            grid = stack.enter_context(Child(config, f"{server.url}/events/sendgrid"))
        provider = open_provider(config)
        if config.dispatch.engine == dispatch.ENGINE:
            with door.db.read() as s:
                dispatch.check(s)
        key = _webhook_key(config, grid)
        server.start(make_app(door.db, door.keys, config, key, migrations.state, provider))
        _start_sending(door, provider, stack, owner)
        yield Running(server, grid)


def sign_off(door: Door, owner: str) -> None:
    # A database that cannot be written now makes no failure of a clean end: as after a kill, it takes 15 s to be seen.
    with suppress(TipsheetError), door.db.write() as s:
        heartbeat.sign_off(s, owner)


def _start_sending(door: Door, provider: Provider, stack: ExitStack, owner: str) -> None:
    delivery = door.config.delivery
    collect_seldom()
    limit(door)
    outbox = Outbox(door.db, provider, door.keys, Pace(delivery.connections, delivery.lease, delivery.only_to))
    if door.config.dispatch.engine != dispatch.ENGINE:
        outbox.start()
        stack.callback(outbox.stop)
    clock = Clock(Service(door.db, door.keys, door.config, provider, rules(door.config), owner))
    clock.start()
    stack.callback(clock.stop)


def limit(door: Door) -> None:
    """What holds for everything that leaves, whoever sends it."""
    told, zone = door.config.pace, door.config.pace.day_zone or door.config.campaigns.zone
    with door.db.write() as s:
        pace.limit_everything(s, per_hour=told.per_hour, per_day=told.per_day, day_zone=zone)
        warm_up.follow(s, door.config)


def rules(config: Config) -> Rules:
    delivery = config.delivery
    return Rules(
        by_proof=delivery.settle == "proof",
        waiting=delivery.deadline + delivery.settle_after,
        between_probes=max(delivery.settle_after, _SHORTEST_PROBING),
    )


def _webhook_key(config: Config, grid: Child | None) -> EllipticCurvePublicKey | None:
    shown = grid.public_key() if grid else config.sendgrid.webhook_key
    return public_key(shown) if shown else None
