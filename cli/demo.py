"""`tipsheet demo`: the main job once, from article to the second campaign, with everything real but the recipients."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
import urllib3
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from base.errors import Broken
from base.time import now, zone
from campaigns import decisions, offers
from campaigns.articles.excerpt import excerpt
from campaigns.articles.source import read_article
from campaigns.articles.store import add_article
from campaigns.drafts import Draft, add_campaign, get_campaign
from campaigns.plan import plan
from campaigns.segments.saved import add_segment
from campaigns.status import Status, status
from cli.demo_office import PEOPLE, ServiceProcess, fresh, opted_out_before, write_people
from cli.demo_report import report
from cli.door import Door
from cli.output import Json, Printer, console, in_words
from cli.run import stop_on_signal
from delivery import events
from delivery.providers import LOCAL_KEY
from subscribers import consent
from subscribers.addresses import address_key
from subscribers.importing import Asked, import_file
from subscribers.lists import add_list

LIST, SEGMENT, FIRST, SECOND = "monthly-tips", "gardeners", "garden-weekend", "movement-check"
RULE = 'city in ("Milpitas", "San Jose", "Fremont") and tag has gardener and not tag has newcomer'
BY = decisions.By("demo")
PATIENCE = 90  # seconds for anything that the service has to do
_BLOG = "https://larkfield.example/blog/garden-all-weekend"


def demo(
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything up afterwards, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Do the whole job once, in var/demo: no key, no network, nobody real.

    Example: tipsheet demo --stay
    """
    began = time.monotonic()
    printer = Printer(as_json)
    with ExitStack() as stack:
        door = stack.enter_context(fresh(Path("var/demo")))
        printer.say("The main job, in var/demo: an article and an offer go to those they were written for.", "bold")
        service = stack.enter_context(ServiceProcess(door.config.file))
        tour = _Tour(door, service, printer)
        tour.prepare()
        tour.send_at_a_set_time()
        leaver = tour.click_unsubscribe()
        tour.send_again()
        report(printer, door, (FIRST, SECOND), leaver)
        _say_where(printer, door)
        document = {
            "campaigns": [tour.look(slug).document() for slug in (FIRST, SECOND)],
            "opt_outs": 1,
            "opted_out_before": len(opted_out_before()),
            "left_out": leaver,
            "mailbox_url": f"{tour.grid}/",
            "seconds": round(time.monotonic() - began, 1),
        }
        printer.document(document)
        sys.stdout.flush()
        if stay:
            _stay(printer, tour, service)


@dataclass(frozen=True)
class _Tour:
    door: Door
    service: ServiceProcess
    printer: Printer

    @property
    def grid(self) -> str:
        return f"http://127.0.0.1:{self.door.config.localgrid.port}"

    def prepare(self) -> None:
        read = read_article(str(files("campaigns") / "examples" / "article.txt"), sys.stdin.buffer, url=_BLOG)
        part = excerpt(read, self.door.config.campaigns.excerpt_words)
        end = f"{now() + timedelta(days=30):%Y-%m-%d}"
        with self.door.db.write() as s:
            article = add_article(s, read, slug="garden", actor=BY.actor)
            found = offers.Draft(cta_url="https://larkfield.example/movement-check").over(offers.proposed(article))
            valid = offers.validity(None, end, self.door.config.campaigns.zone)
            offer = offers.add_offer(s, found, valid, slug="check", actor=BY.actor)
            add_list(s, LIST, "Monthly tips")
        self._step("Article", f"{article.title} ({part.minutes} minutes, {len(part.key_points)} groups of key points)")
        self._step("Offer", f"{offer.title}, found in the article, until {end}")
        self._fill_list()

    def send_at_a_set_time(self) -> None:
        self._ask_grid(
            "PUT", "/_faults", [{"kind": "delay", "args": {"ms": [200, 400]}}]
        )  # as far away as the real one
        with self.door.db.write() as s:
            add_segment(s, SEGMENT, RULE)
            subject = "{{ subscriber.first_name | default('Hello') }}, garden all weekend"
            self._draft(s, FIRST, subject, article="garden")
            campaign = get_campaign(s, FIRST)
            planned = plan(s, campaign, self.door.config)
            wall = f"{now().astimezone(zone(self.door.config.campaigns.zone)) + timedelta(seconds=4):%Y-%m-%d %H:%M:%S}"
            decisions.schedule(s, campaign, self.door.config, wall, self.door.config.campaigns.zone, BY)
        self._step("Segment", RULE)
        self._step("Campaign", f"{planned.recipients} people in {planned.requests} requests, at {wall} in Phoenix")
        self._watch(FIRST)
        self._until(self._is_all_told)

    def click_unsubscribe(self) -> str:
        """As a mailbox provider does it for somebody: one POST to the link in the mail's header (RFC 8058)."""
        mailbox = self.door.config.localgrid.path / "mailbox.jsonl"
        mails = [orjson.loads(line) for line in mailbox.read_bytes().splitlines()]
        mail = next(one for one in mails if "+" not in one["to"])
        link = mail["headers"]["List-Unsubscribe"].strip("<>")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = urllib3.request("POST", link, body="List-Unsubscribe=One-Click", headers=kind, retries=False)
        if answer.status != 200:
            raise Broken(f"The one-click link answered {answer.status}; {self.service.log} says more")
        self._step("One click", f"{mail['to']} uses the unsubscribe button of the mailbox: 200")
        return str(mail["to"])

    def send_again(self) -> None:
        with self.door.db.write() as s:
            self._draft(s, SECOND, "Is your back ready for the season?", article=None)
            decisions.send(s, get_campaign(s, SECOND), self.door.config, BY)
        self._step("Campaign", "the offer by itself, to the same segment, now")
        self._watch(SECOND)

    def look(self, slug: str) -> Status:
        with self.door.db.read() as s:
            return status(s, get_campaign(s, slug))

    def _fill_list(self) -> None:
        file, gone = self.door.config.file.parent / "people.csv", opted_out_before()
        write_people(file)
        wording = "Yes, send me the monthly tips."
        import_file(self.door.db, self.door.keys, file, LIST, Asked(wording, BY.actor))
        with self.door.db.write() as s:
            for email in gone:
                key = address_key(self.door.keys, email)
                consent.opt_out(
                    s, address_key=key, list_id=None, how="page", source="an earlier mail", actor="recipient"
                )
        self._step("People", f"{PEOPLE} made-up ones imported from {file}; {len(gone)} of them have opted out since")

    def _draft(self, s: Any, slug: str, subject: str, article: str | None) -> None:
        template = self.door.config.campaigns.template
        add_campaign(s, Draft(slug, LIST, subject, template, article, "check", SEGMENT), actor=BY.actor)

    def _watch(self, slug: str) -> None:
        """Two bars, drawn from the rows: what the provider took, and what it has told since."""
        columns = (TextColumn("  {task.description:<24}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console(sys.stderr if self.printer.as_json else sys.stdout)) as bars:
            taken, told = bars.add_task(f"{slug}", total=None), bars.add_task("what came of it", total=None)

            def is_over() -> bool:
                found = self.look(slug)
                n = found.counts
                words = f"{slug} {in_words(found.state)}"
                bars.update(taken, total=n.audience or None, completed=n.accepted, description=words)
                bars.update(told, total=n.audience or None, completed=n.accepted - n.no_news)
                if found.state == "needs_attention":
                    raise Broken(f"{slug} waits for a person: {found.attention}")
                return found.state == "sent" and n.no_news == n.deferred == 0

            self._until(is_over)

    def _until(self, seen: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not seen():
            self.service.check()
            if time.monotonic() > end:
                raise Broken(f"The service did not finish within {PATIENCE} s; {self.service.log} says why")
            time.sleep(0.1)

    def _is_all_told(self) -> bool:
        """Complaints come after deliveries, and are to be on record before the next campaign."""
        with self.door.db.read() as s:
            return self._ask_grid("GET", "/_stats")["events"]["pending"] == 0 and events.is_empty(s)

    def _ask_grid(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {LOCAL_KEY}"}
        answer = urllib3.request(method, self.grid + path, body=orjson.dumps(body), headers=headers, retries=False)
        return answer.json()

    def _step(self, what: str, words: str) -> None:
        self.printer.say(f"{what:<10} {words}")


def _say_where(printer: Printer, door: Door) -> None:
    folder = door.config.file.parent
    printer.say("Where to look", "bold")
    printer.facts(
        {
            "the people": folder / "people.csv",
            "the mails": f"{door.config.localgrid.path}/ (tipsheet demo --stay shows them in a browser)",
            "the service's log": folder / "service.log",
            "everything else": f"tipsheet --config {door.config.file} campaign status {FIRST}",
        }
    )


def _stay(printer: Printer, tour: _Tour, service: ServiceProcess) -> None:
    printer.say(f"Everything stays up until Ctrl-C. Read the mails: {tour.grid}/", "bold")
    stop = stop_on_signal("Stopping.")
    while not stop.wait(1):
        service.check()
