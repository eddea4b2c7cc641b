"""`tipsheet demo`: the whole job as a process, in a folder of nobody's, with everything stopped at its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from tests.journeys.office import PROGRAM, listens, until

STATES = ("planned", "sending", "accepted", "refused", "skipped", "uncertain")
FATES = ("delivered", "deferred", "blocked", "bounced", "dropped", "no_news")


def test_the_demo_does_the_whole_job_stays_up_when_asked_and_leaves_nothing_running(tmp_path: Path) -> None:
    with (tmp_path / "words").open("w") as words:
        demo = subprocess.Popen(
            [*PROGRAM, "demo", "--stay", "--json"],
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if not name.startswith("TIPSHEET_")},
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
    try:
        document = read_document(demo)
        check(document, mailbox_of(tmp_path))
        with urllib3.PoolManager(retries=False, timeout=10) as pool:
            assert pool.request("GET", document["mailbox_url"]).status == 200
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0
    finally:
        demo.kill()
        demo.wait()
        assert demo.stdout is not None
        demo.stdout.close()
    grid = urlsplit(document["mailbox_url"]).port
    until(lambda: not listens(grid or 0))
    assert "Why " in (tmp_path / "words").read_text()


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "var" / "demo" / "config.toml"
    kept.parent.mkdir(parents=True)
    kept.write_text("# mine")
    ended = subprocess.run([*PROGRAM, "demo"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "something else than a demo" in ended.stderr
    assert kept.read_text() == "# mine"


def read_document(demo: subprocess.Popen[str]) -> Any:
    lines = []
    for line in demo.stdout or ():
        lines.append(line)
        if line == "}\n":
            return json.loads("".join(lines))
    raise AssertionError("the demo printed no document")


def mailbox_of(folder: Path) -> list[Any]:
    text = (folder / "var" / "demo" / "localgrid" / "mailbox.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def check(document: Any, mailbox: list[Any]) -> None:
    first, second = document["campaigns"]
    for campaign in (first, second):
        n = campaign["counts"]
        assert campaign["state"] == "sent"
        assert n["audience"] == sum(n[name] for name in STATES) > 50
        assert n["accepted"] == sum(n[name] for name in FATES)
        assert n["no_news"] == 0
    assert document["opt_outs"] == first["counts"]["opted_out"] == 1
    # Who opted out, complained, or whose mailbox is gone does not get the next one.
    gone = 1 + first["counts"]["complained"] + first["counts"]["bounced"]
    assert second["counts"]["audience"] == first["counts"]["audience"] - gone
    assert [row["to"] for row in mailbox].count(document["left_out"]) == 1
    in_mailbox = sum(c["counts"]["delivered"] for c in (first, second))
    assert len(mailbox) == len({(row["to"], row["custom_args"]["ts_run"]) for row in mailbox}) == in_mailbox
