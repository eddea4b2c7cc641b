"""The clock: JOBS says what runs how often. It only ticks: what is due stands in our tables, and every job may run any
number of times, in any number of services."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from base.config import Config
from base.database import Database, database_now
from base.errors import TipsheetError
from base.time import elapsed
from campaigns.alerts import alert
from campaigns.alerts.record import note
from campaigns.articles.arrivals import look_at_due
from campaigns.launch import launch_due, look_at_zones
from campaigns.preflight import is_real
from campaigns.series import make
from campaigns.trial import SOMEBODY
from delivery import confirmations, connect, dispatch, events, heartbeat, ledger, seeds, soft_bounces
from delivery.connect.resolver import Dns
from delivery.probing import ask_for_credits
from delivery.providers.provider import Provider
from delivery.pull import pull_when_due
from delivery.settle import Rules, settle
from delivery.thresholds import hold_what_is_bad
from delivery.watch import Watch
from subscribers.keys import Keys
from subscribers.proof import seals

log = logging.getLogger(__name__)

LOOK = 0.5  # seconds between looks whether this machine's clock was set back
ROUNDS = 20  # of ten bodies each before other jobs get the write lock again


@dataclass(frozen=True)
class Service:
    """What the jobs work with."""

    db: Database
    keys: Keys
    config: Config
    provider: Provider
    rules: Rules
    owner: str  # which service or worker signs in
    kind: str = ""  # what it says it is; empty for a whole service
    watch: Watch = field(default_factory=Watch)


@dataclass(frozen=True)
class Job:
    name: str
    every: timedelta
    work: Callable[[Service], object]
    on_workers: bool = False  # too: sending goes on while every service is down, and events are drained by all


class Clock:
    """From `start` to `stop` every job of JOBS runs in its turn, one at a time of its kind."""

    def __init__(self, service: Service, jobs: tuple[Job, ...] | None = None) -> None:
        # Its own warnings (a job that takes longer than its turn) are everyday life here.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        once = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = BackgroundScheduler(timezone=UTC, job_defaults=once, daemon=True)
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._mind_setting_back, name="clock-watch", daemon=True)
        for job in JOBS if jobs is None else jobs:
            seconds = job.every.total_seconds()
            self._scheduler.add_job(
                _Turn(job, service), "interval", seconds=seconds, name=job.name, next_run_time=datetime.now(UTC)
            )

    def start(self) -> None:
        self._scheduler.start()
        self._watch.start()

    def stop(self) -> None:
        """Returns when no job is running any more."""
        self._stopping.set()
        self._watch.join()
        self._scheduler.shutdown(wait=True)

    def _mind_setting_back(self) -> None:
        """Every job's next turn is an instant: after the clock was set back by an hour, all would wait for an hour."""
        ahead = time.time() - elapsed()
        while not self._stopping.wait(LOOK):
            before, ahead = ahead, time.time() - elapsed()
            if ahead < before - LOOK:
                log.warning("the clock of this machine was set back by %d s; all jobs go on at once", before - ahead)
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))


class _Turn:
    """One job's turns: what fails is told in a sentence, once until it changes, and the next turn comes."""

    def __init__(self, job: Job, service: Service) -> None:
        self._job, self._service, self._told = job, service, ""

    def __call__(self) -> None:
        trouble = ""
        try:
            self._job.work(self._service)
        except TipsheetError as cause:
            trouble = cause.sentence
        except Exception as cause:
            trouble = f"unforeseen {type(cause).__name__}"
            if trouble != self._told:
                log.exception("job=%s met something unforeseen and goes on", self._job.name)
        if trouble != self._told:
            log.log(
                logging.ERROR if trouble else logging.WARNING, "job=%s %s", self._job.name, trouble or "works again"
            )
        self._told = trouble


def _launch(service: Service) -> None:
    launch_due(service.db, service.config)


def _look_at_zones(service: Service) -> None:
    look_at_zones(service.db, service.config)


def _make_series(service: Service) -> None:
    with service.db.read() as s:
        now = database_now(s)
    make.tick(service.db, service.config, now)


def _sweep(service: Service) -> None:
    with service.db.write() as s:
        ledger.sweep(s)


def _settle(service: Service) -> None:
    settle(service.db, service.provider, service.rules, service.watch.steady_since(service.db))


def _drain(service: Service) -> None:
    for _ in range(ROUNDS):
        with service.db.read() as s:
            if events.is_empty(s):
                return
        events.drain(service.db, service.keys)


def _ask_for_credits(service: Service) -> None:
    ask_for_credits(service.db, service.provider, service.config.pace.ask_again)


def _hold_what_is_bad(service: Service) -> None:
    hold_what_is_bad(service.db, service.config.brakes)


def _stop_often_turned_away(service: Service) -> None:
    limits = service.config.suppression
    soft_bounces.stop_often_turned_away(service.db, soft_bounces.Rule(limits.soft_bounces, limits.within))


def _pull(service: Service) -> None:
    if service.config.suppression.pull:
        pull_when_due(service.db, service.keys, service.provider)


def _give_jobs(service: Service) -> None:
    if service.config.dispatch.engine == dispatch.ENGINE:
        with service.db.write() as s:
            if ledger.is_due(s, service.provider.account):
                dispatch.sweep(s)


def _expire(service: Service) -> None:
    with service.db.write() as s:
        ledger.expire(s)


def _send_copies(service: Service) -> None:
    seeds.send_due(service.db, service.provider, service.keys, SOMEBODY)


def _confirm(service: Service) -> None:
    confirmations.send_due(service.db, service.provider, service.keys, service.config)


def _alert(service: Service) -> None:
    alert(service.db, service.provider, service.config)


def _look_from_outside(service: Service) -> None:
    """What doctor would see of SendGrid, DNS and the public address, while nobody asks it."""
    if is_real(service.config):
        found = connect.look(service.config, Dns())
        with service.db.write() as s:
            note(s, found)


def _look_at_feeds(service: Service) -> None:
    look_at_due(service.db, service.config)


def _seal(service: Service) -> None:
    seals.seal(service.db)


def _beat(service: Service) -> None:
    with service.db.write() as s:
        heartbeat.beat(s, service.owner, service.kind)


JOBS: tuple[Job, ...] = (
    Job("launch what is due", timedelta(seconds=1), _launch),
    Job("look whom campaigns reach first", timedelta(minutes=5), _look_at_zones),
    Job("make what series are to send", timedelta(seconds=20), _make_series),
    Job("sweep leases that ended", timedelta(seconds=1), _sweep, on_workers=True),
    Job("settle what is uncertain", timedelta(seconds=2), _settle),
    Job("ask whether there are credits again", timedelta(seconds=5), _ask_for_credits),
    Job("hold what bounces too much", timedelta(seconds=10), _hold_what_is_bad, on_workers=True),
    Job("drain events", timedelta(seconds=0.5), _drain, on_workers=True),
    Job("stop who is turned away every time", timedelta(hours=1), _stop_often_turned_away),
    Job("ask whom the provider stopped", timedelta(minutes=1), _pull, on_workers=True),
    Job("send copies to colleagues", timedelta(seconds=1), _send_copies),
    Job("look after sign-ups", timedelta(seconds=2), _confirm),
    Job("expire what is too late", timedelta(seconds=5), _expire, on_workers=True),
    Job("give due batches their jobs", timedelta(seconds=1), _give_jobs, on_workers=True),
    Job("tell staff what needs them", timedelta(seconds=5), _alert),
    Job("look from outside", timedelta(hours=6), _look_from_outside),
    Job("look at feeds", timedelta(seconds=10), _look_at_feeds),
    Job("seal consents", timedelta(minutes=1), _seal),
    Job("heartbeat", heartbeat.EVERY, _beat, on_workers=True),
)
