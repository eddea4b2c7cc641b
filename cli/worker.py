"""`tipsheet worker`: sends what an engine hands out, on any number of machines. The service itself is run.py's."""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Annotated

import typer

from base import logging
from base.errors import Refused
from base.words import counted
from cli.door import Door, actor, opened
from cli.output import Json, Printer
from cli.run import stop_on_signal
from delivery import dispatch, heartbeat, installation


def worker(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Option(help="What it is called, on one machine only; else the machine's name and a number.")
    ] = "",
    connections: Annotated[
        int, typer.Option(min=0, max=64, help="Requests at the same time; else [delivery] connections.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Send due batches beside `tipsheet run`, where [dispatch] engine is procrastinate. Start as many as you like.

    Ctrl-C stops it: nothing new leaves, and what is in flight is finished.

    Example: tipsheet worker --name east-1
    """
    stop = stop_on_signal("Stopping; what is in flight is finished first.")
    with opened(ctx) as door:
        me = name or heartbeat.this_process()
        _begin(door, me)
        logging.setup(door.config.logging.level, door.config.logging.format)
        at_once = connections or door.config.delivery.connections
        printer = Printer(as_json)
        printer.say(
            f"Worker {me} sends up to {counted(at_once, 'request', 'requests')} at the same time. Ctrl-C stops it."
        )
        printer.document({"worker": me, "connections": at_once})
        sys.stdout.flush()
        _work(door, me, at_once, stop)


def _work(door: Door, me: str, connections: int, stop: threading.Event) -> None:
    """Until `stop`, and until what is in flight has ended."""
    # Imported where it is used, as in run.py: no other command has to wait for the engine and the clock.
    from base.collector import collect_seldom
    from cli.service import rules, sign_off
    from delivery.dispatch.engine import Shift, work
    from delivery.outbox import Outbox, Pace
    from delivery.providers import open_provider
    from scheduler import JOBS, Clock, Service

    delivery, provider = door.config.delivery, open_provider(door.config)
    outbox = Outbox(door.db, provider, door.keys, Pace(connections, delivery.lease, delivery.only_to), me)
    ours = Service(door.db, door.keys, door.config, provider, rules(door.config), me, kind())
    clock = Clock(ours, tuple(job for job in JOBS if job.on_workers))
    clock.start()
    collect_seldom()
    try:
        work(Shift(door.db.url, me, connections, delivery.deadline, lambda: stop.is_set() or outbox.turn(), stop))
    finally:
        clock.stop()
        sign_off(door, me)


def _begin(door: Door, me: str) -> None:
    """Raises Refused where there is no engine, or another worker of this name is at work."""
    if door.config.dispatch.engine != dispatch.ENGINE:
        raise Refused(
            'Here `tipsheet run` sends by itself; for workers set [dispatch] engine = "procrastinate", then run: '
            "tipsheet migrate"
        )
    with door.db.write() as s:
        installation.sign_in(s, installation.place(door.config), actor())
        dispatch.check(s)
        said = heartbeat.said(s, me)
        if said and not _is_over(said):
            raise Refused(f"A {said} called {me} is at work; give this one another --name, or stop that first")
        heartbeat.beat(s, me, kind())


def kind() -> str:
    """What a worker says of itself: on which machine, and as which process."""
    return f"{heartbeat.WORKER} on {heartbeat.this_process()}"


def _is_over(said: str) -> bool:
    """Whether that was a process of this machine that is no more: a worker that was killed starts again at once."""
    machine, _, process = said.removeprefix(f"{heartbeat.WORKER} on ").rpartition(":")
    if machine != socket.gethostname() or not process.isdigit():
        return False
    if int(process) == os.getpid():  # a container gives the same number again
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
