"""mail/send over real HTTP: statuses, the shape of errors, and the mailbox that is written before a 202."""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.localgrid.support import CONTRACT, KEY, ROOT, Running, conform, message, running, until


def test_accepted_means_written(grid: Running) -> None:
    answer = grid.send("written-1@example.com", "written-2@example.com")
    assert (answer.status, answer.data) == (202, b"")
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", answer.headers["X-Message-Id"])
    lines = [line for line in grid.mailbox() if line["message_id"] == answer.headers["X-Message-Id"]]
    assert [line["to"] for line in lines] == ["written-1@example.com", "written-2@example.com"]
    assert [line["subject"] for line in lines] == ["Tips for written-1", "Tips for written-2"]
    assert lines[1]["custom_args"] == {"nl_try": "attempt-1", "nl_sub": "1"}
    assert lines[1]["shown_to"] == ["written-2@example.com"]
    assert lines[1]["sg_message_id"].startswith(answer.headers["X-Message-Id"] + ".")
    assert (grid.data / "bodies" / f"{lines[0]['body']}.json").exists()


def test_a_refused_request_leaves_nothing(grid: Running) -> None:
    answer = grid.send("good@example.com", "broken")
    assert answer.status == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["personalizations.1.to.0.email"]
    assert set(answer.json()["errors"][0]) == {"message", "field", "help"}
    assert "good@example.com" not in {line["to"] for line in grid.mailbox()}


def test_a_substitution_that_is_no_text_gets_the_bare_answer(grid: Running) -> None:
    request = message()
    request["personalizations"][0]["substitutions"] = {"-a-": 5}
    answer = grid.ask("POST", "/v3/mail/send", request)
    assert answer.status == 400
    assert answer.json() == {"errors": [{"message": "Bad Request", "field": None, "help": None}]}


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("", "authorization required"),
        ("Basic abc", "authorization required"),
        ("Bearer wrong", "The provided authorization grant is invalid, expired, or revoked"),
    ],
)
def test_a_bad_key_is_401(grid: Running, authorization: str, words: str) -> None:
    for path in ("/v3/mail/send", "/v3/scopes", "/v3/nowhere"):
        answer = grid.ask("POST", path, {}, Authorization=authorization)
        assert answer.status == 401
        assert answer.json()["errors"] == [{"message": words, "field": None, "help": None}]


def test_wrong_path_and_method(grid: Running) -> None:
    assert grid.ask("POST", "/v3/mail/sent", {}).status == 404
    assert grid.ask("GET", "/v3/mail/send").status == 405
    assert grid.ask("GET", "/v3/mail/send").json()["errors"][0]["message"] == "method not allowed"


def test_bytes_that_are_not_utf8_are_415(grid: Running) -> None:
    raw = json.dumps(message(subject="x-x")).encode().replace(b"x-x", b"\xff\xfe")
    answer = grid.ask("POST", "/v3/mail/send", raw)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (415, "Encoding")
    assert grid.ask("POST", "/v3/mail/send", message(), Content_Type="text/plain").status == 415


def test_more_than_30_mb_is_413_and_10_mb_is_not(grid: Running) -> None:
    assert grid.ask("POST", "/v3/mail/send", b"x" * (30 * 1024 * 1024 + 1)).status == 413
    big = message(content=[{"type": "text/html", "value": "<p>long</p>" * 950_000}])
    assert grid.ask("POST", "/v3/mail/send", big).status == 202


def test_a_gzipped_request_is_read_and_a_bomb_is_not(grid: Running) -> None:
    packed = gzip.compress(json.dumps(message("packed@example.com")).encode())
    assert grid.ask("POST", "/v3/mail/send", packed, Content_Encoding="gzip").status == 202
    assert grid.ask("POST", "/v3/mail/send", gzip.compress(b"0" * 40_000_000), Content_Encoding="gzip").status == 413
    assert grid.ask("POST", "/v3/mail/send", b"no gzip", Content_Encoding="gzip").status == 400


def test_sandbox_mode_answers_200_and_keeps_nothing(grid: Running) -> None:
    before = grid.stats()
    answer = grid.send("sandbox@example.com", mail_settings={"sandbox_mode": {"enable": True}})
    assert (answer.status, answer.data) == (200, b"")
    assert grid.stats()["recipients"] == before["recipients"]


def test_a_batch_id_is_known_once_it_was_made(grid: Running) -> None:
    made = grid.ask("POST", "/v3/mail/batch")
    batch_id = made.json()["batch_id"]
    assert made.status == 201
    assert grid.ask("GET", f"/v3/mail/batch/{batch_id}").json() == {"batch_id": batch_id}
    assert grid.ask("GET", "/v3/mail/batch/other").status == 404
    assert grid.send(batch_id=batch_id).status == 202
    assert grid.send(batch_id="other").status == 400


def test_the_sink_is_counted_and_kept_nowhere(grid: Running) -> None:
    before = grid.stats()
    assert grid.send("one@sink.sendgrid.net").status == 202
    after = grid.stats()
    assert after["recipients"] == before["recipients"] + 1
    assert after["delivered"] == before["delivered"]


def test_scopes_follow_the_specification_and_tell_the_rate_limit(grid: Running) -> None:
    spec = json.loads((CONTRACT / "tsg_scopes_v3.json").read_text())
    ok = spec["paths"]["/v3/scopes"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = grid.ask("GET", "/v3/scopes")
    conform(answer.json(), ok)
    assert "mail.send" in answer.json()["scopes"]
    assert int(answer.headers["X-RateLimit-Remaining"]) < int(answer.headers["X-RateLimit-Limit"])


def test_two_requests_on_one_connection(grid: Running) -> None:
    request = raw(json.dumps(message("kept-alive@example.com")).encode())
    with connected(grid) as sock:
        for _ in range(2):
            sock.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += sock.recv(65536)
            assert answer.startswith(b"HTTP/1.1 202")


def test_an_unverified_sender_is_403_and_the_rate_limit_429(tmp_path: Path) -> None:
    with running(tmp_path, "--sender", "other.example", "--rate-limit", "2") as grid:
        answer = grid.send("a@example.com")
        assert (answer.status, answer.json()["errors"][0]["field"]) == (403, "from")
        assert grid.send("a@example.com", **{"from": {"email": "a@other.example"}}).status == 202
        answers = [grid.ask("GET", "/v3/scopes") for _ in range(3)]
        while answers[-1].status == 200:  # the minute may turn once in between
            answers.append(grid.ask("GET", "/v3/scopes"))
        assert answers[-1].status == 429
        assert answers[-1].json() == {"errors": [{"field": None, "message": "too many requests"}]}
        assert answers[-1].headers["X-RateLimit-Remaining"] == "0"


def test_fast_mode_counts_and_keeps_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "--fast") as grid:
        assert grid.send("a@example.com", "b@example.com").status == 202
        assert grid.send("b@example.com").status == 202
        stats = grid.stats()
        assert (stats["accepted"], stats["recipients"], stats["distinct"], stats["duplicates"]) == (2, 3, 2, 1)
        assert grid.mailbox() == []


def raw(body: bytes) -> bytes:
    headers = "".join(f"{name}: {value}\r\n" for name, value in KEY.items())
    return f"POST /v3/mail/send HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


def connected(grid: Running) -> socket.socket:
    at = urlsplit(grid.url)
    return socket.create_connection((str(at.hostname), at.port or 0), timeout=10)


def test_a_client_that_dies_after_its_request_is_heard_and_in_the_middle_is_not(grid: Running) -> None:
    before = grid.stats()
    with connected(grid) as sock:
        sock.sendall(raw(json.dumps(message("died-after@example.com")).encode()))
    until(lambda: any(line["to"] == "died-after@example.com" for line in grid.mailbox()))
    with connected(grid) as sock:
        sock.sendall(raw(json.dumps(message("died-within@example.com")).encode())[:-1])
    until(lambda: grid.stats()["requests"] == before["requests"] + 2)
    assert "died-within@example.com" not in {line["to"] for line in grid.mailbox()}


def test_eight_at_once_are_all_kept_whole(grid: Running) -> None:
    grid.faults({"kind": "delay", "args": {"ms": [1, 30]}})
    with ThreadPoolExecutor(8) as pool:
        tasks = [pool.submit(grid.send, *(f"at-once-{n}-{k}@example.com" for k in range(50))) for n in range(24)]
    assert {task.result().status for task in tasks} == {202}
    lines = [line for line in grid.mailbox() if line["to"].startswith("at-once-")]
    assert len({line["to"] for line in lines}) == len(lines) == 24 * 50
    assert [line["id"] for line in grid.mailbox()] == list(range(1, len(grid.mailbox()) + 1))


def test_a_second_one_on_the_same_folder_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with running(tmp_path):
        command = [sys.executable, "-m", "localgrid", "--port", "0", "--data", str(tmp_path)]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (second.returncode, second.stdout) == (1, "")
    assert "another localgrid uses" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_sigterm_stops_it_cleanly_and_a_restart_knows_its_mails(tmp_path: Path) -> None:
    with running(tmp_path) as grid:
        grid.send("a@example.com", "b@example.com")
        assert grid.stop() == 0
    with (tmp_path / "mailbox.jsonl").open("a") as file:
        file.write('{"to": "torn@example.com"}\n{"half')  # what a kill -9 of localgrid itself may leave
    with running(tmp_path) as grid:
        grid.send("c@example.com")
        assert [line["to"] for line in grid.mailbox()] == ["a@example.com", "b@example.com", "c@example.com"]
        assert grid.stats()["accepted"] == 2
