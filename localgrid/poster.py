"""Posts the events to the web hook: signed, again until a 2xx, and on after a restart."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from itertools import islice, takewhile

import urllib3

from localgrid.batches import Batch, make_batches
from localgrid.faults import Faults
from localgrid.journal import Journal
from localgrid.mailbox import Mailbox
from localgrid.settings import Settings
from localgrid.webhook import Webhook

_PATIENCE = urllib3.Timeout(5.0)
_LONGEST_PAUSE = 60.0
_AT_ONCE = 5  # requests turned into events in one go, to keep memory flat


class Poster:
    def __init__(self, settings: Settings, mailbox: Mailbox, webhook: Webhook, faults: Faults) -> None:
        self._settings, self._mailbox, self._webhook, self._faults = settings, mailbox, webhook, faults
        self._pool = urllib3.PoolManager(retries=False, timeout=_PATIENCE)
        self._done = Journal(settings.data / "posted.jsonl")  # requests whose events all arrived
        done = {row["request"] for row in self._done.rows()}
        self._waiting = deque(n for n in range(1, len(mailbox.requests) + 1) if n not in done)
        self._batches: list[Batch] = []
        self.posted = 0

    def add(self, request: int) -> None:
        """Without a web hook there is nobody to tell, now or later."""
        if self._webhook.is_on:
            self._waiting.append(request)
        else:
            self._mark_done([request])

    @property
    def pending(self) -> int:
        """Events in posts that were not taken yet, and recipients whose events are still to be made."""
        waiting: int = sum(self._mailbox.requests.read(n)["recipients"] for n in self._waiting)
        return sum(len(batch.lines) for batch in self._batches) + waiting

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._settings.events_every)
            while due := self._due():
                await self._tell(due)
            await self._post_all()

    def _due(self) -> list[int]:
        latest = time.time() - self._faults.seconds("events_delay")
        first = list(islice(self._waiting, _AT_ONCE))
        return list(takewhile(lambda number: self._mailbox.requests.read(number)["at"] <= latest, first))

    async def _tell(self, due: list[int]) -> None:
        if self._webhook.is_on and not self._faults.standing("events_off"):
            wants, most = self._webhook.hook.wants, self._settings.events_batch
            self._batches += await asyncio.to_thread(make_batches, self._mailbox, due, wants, self._faults, most)
        for _ in due:  # only now, so that they count as pending until their batches do
            self._waiting.popleft()
        self._mark_done(due)
        await self._post_all()

    async def _post_all(self) -> None:
        for batch in [one for one in self._batches if one.next_try <= time.time()]:
            if await asyncio.to_thread(self._post, batch):
                self.posted += len(batch.lines)
                self._batches.remove(batch)
                self._mark_done(batch.requests)
            else:
                batch.next_try = time.time() + batch.pause
                batch.pause = min(batch.pause * 2, _LONGEST_PAUSE)

    def _mark_done(self, requests: Iterable[int]) -> None:
        """Only what no waiting post holds any more: after a restart the rest is told again."""
        held = set[int]().union(*(batch.requests for batch in self._batches))
        if rows := [{"request": number} for number in requests if number not in held]:
            self._done.append(rows)

    def _post(self, batch: Batch) -> bool:
        body = batch.body
        try:
            headers = self._webhook.headers(body, int(time.time()))
            answer = self._pool.request("POST", self._webhook.hook.url, body=body, headers=headers, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return 200 <= answer.status < 300
