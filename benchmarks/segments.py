"""How long a rule takes among many people, and peak memory. Run: python -m benchmarks.segments [--people N …]

Each question is asked in a process of its own, five times; the first answer, the best and the least CPU of this process
are printed. With --database URL on an empty PostgreSQL database instead of SQLite.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from base.database import Database
from benchmarks.crowd import fill
from benchmarks.site import peak
from campaigns.segments.explain import explain
from campaigns.segments.people import page, recipients
from campaigns.segments.saved import chosen
from delivery.ledger.claim import who_is_in
from subscribers.suppression import mailable

RULE = 'plan = "pro" and spent > 3000 and tag has tag7 and opened within 90 days'
TIMES = 5
NEVER_CLICKED = "not clicked any of last 3 campaigns and country = 'US'"
NESTED = '(country = "US" and plan = "pro") or (tag has tag7 and spent > 4000)'


def reached(rule: str) -> Callable[[Session, int], object]:
    def ask_for_it(s: Session, people: int) -> object:
        return s.scalar(select(func.count()).select_from(recipients(s, chosen(s, rule), 1).subquery()))

    return ask_for_it


def recheck(s: Session, people: int) -> object:
    """As it is asked when a batch is about to leave: with everything that its mail needs of each of them."""
    first = people // 2
    place = {"run": 3, "batch": 1, "first": first, "last": first + 999, "list": 1}
    found = s.connection().execute(who_is_in(), place).all()
    assert len(found) == 1000
    return found


QUESTIONS: dict[str, Callable[[Session, int], object]] = {
    "count: two fields, a tag, a behaviour": reached(RULE),
    "count: not clicked lately, and a field": reached(NEVER_CLICKED),
    "count: a field and not a tag": reached('country = "US" and not tag has tag7'),
    "count: one of two, nested": reached(NESTED),
    "count: all who may be mailed": lambda s, people: s.scalar(
        select(func.count()).select_from(mailable(1).subquery())
    ),
    "page of 50": lambda s, people: page(s, chosen(s, RULE), 1),
    "page of 50, from the middle": lambda s, people: page(s, chosen(s, RULE), 1, after=people // 2),
    "explain one person": lambda s, people: explain(s, chosen(s, RULE), people // 2),
    "re-check of a batch of 1,000": recheck,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--database", help="An empty PostgreSQL database.")
    options.add_argument("--ask", nargs=3, metavar=("URL", "QUESTION", "PEOPLE"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.ask:
        ask(given.ask[0], given.ask[1], int(given.ask[2]))
        return
    print("|    people | question                               |    first |     warm |   of CPU | peak memory |")
    print("|----------:|----------------------------------------|---------:|---------:|---------:|------------:|")
    for people in given.people:
        with tempfile.TemporaryDirectory() as folder:
            report(given.database or f"sqlite:///{folder}/segments.db", people)


def report(url: str, people: int) -> None:
    db = Database(url)
    fill(db, people)
    with db.write() as s:
        batch = f"SELECT 3, id, 1 FROM subscribers WHERE id BETWEEN {people // 2} AND {people // 2 + 999}"  # noqa: S608
        s.execute(text(f"INSERT INTO deliveries (run_id, subscriber_id, batch) {batch}"))
    for question in QUESTIONS:
        command = [sys.executable, "-m", "benchmarks.segments", "--ask", url, question, str(people)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print(
            f"| {people:>9,} | {question:<38} | {found['times'][0]:>5.0f} ms | {min(found['times']):>5.0f} ms "
            f"| {min(found['cpu']):>5.0f} ms | {found['memory']:>7,} MiB |",
            flush=True,
        )
    empty(db)


def ask(url: str, question: str, people: int) -> None:
    db, times, cpu = Database(url), [], []
    for _ in range(TIMES):
        with db.read() as s:
            s.execute(text("SELECT 1"))
            began, busy = time.perf_counter(), time.process_time()
            QUESTIONS[question](s, people)
            times.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - busy))
    print(json.dumps({"times": times, "cpu": cpu, "memory": peak()}))


def empty(db: Database) -> None:
    if not db.is_sqlite:
        with db.write() as s:
            tables = "lists, subscribers, custom_fields, messages, outcomes, suppressions"
            s.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    db.close()


if __name__ == "__main__":
    main()
