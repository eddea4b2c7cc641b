"""Events put together into the bodies of posts, as the real one sends them, or spoiled as the faults ask."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from localgrid.events import webhook_events
from localgrid.faults import Faults
from localgrid.mailbox import Mailbox

MOST_BYTES = 768_000  # SendGrid posts at this size, however few events that are

Told = tuple[int, dict[str, Any]]  # the number of the request that an event comes from, and the event


@dataclass
class Batch:
    lines: list[bytes] = field(default_factory=list)
    requests: set[int] = field(default_factory=set)
    size: int = 0
    next_try: float = 0.0
    pause: float = 0.5  # seconds until the second try; doubled from there

    @property
    def body(self) -> bytes:
        """A line break after each event and at the end, all of it signed: whoever strips it cannot verify."""
        return b"[" + b",\r\n".join(self.lines) + b"]\r\n"


def make_batches(
    mailbox: Mailbox, requests: Iterable[int], wants: Callable[[str], bool], faults: Faults, most: int
) -> list[Batch]:
    told = [one for one in _events(mailbox, requests) if wants(one[1]["event"])]
    batches: list[Batch] = []
    for number, event in _spoil(told, faults):
        line = orjson.dumps(event)
        last = batches[-1] if batches else None
        if last is None or len(last.lines) >= most or last.size + len(line) > MOST_BYTES:
            batches.append(last := Batch())
        last.lines.append(line)
        last.requests.add(number)
        last.size += len(line)
    return batches


def _events(mailbox: Mailbox, requests: Iterable[int]) -> Iterator[Told]:
    for number in requests:
        for row in mailbox.rows_of(number):
            for event in webhook_events(row, mailbox.shared(row["body"])):
                yield number, event


def _spoil(told: list[Told], faults: Faults) -> list[Told]:
    if lose := faults.standing("events_lose"):
        told = [one for one in told if lose.random.random() >= lose.args["probability"]]
    if twice := faults.standing("events_duplicate"):
        often = twice.args.get("probability", 1)
        told = told + [one for one in told if twice.random.random() < often]
    if reorder := faults.standing("events_reorder"):
        told = _shuffled(told, reorder.random)
    return told


def _shuffled(told: list[Told], chance: random.Random) -> list[Told]:
    """Last first and then at random, so that even two events never keep their order by luck."""
    if len(told) < 3:
        return told[::-1]
    return chance.sample(told, len(told))
