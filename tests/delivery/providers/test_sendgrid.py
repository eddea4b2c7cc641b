"""The repaired SDK: no redirects, no proxy, no key in a log, no stale connection."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from delivery.providers.provider import Verdict
from delivery.providers.sendgrid import SendGrid, connection
from tests.delivery.conftest import sendgrid
from tests.delivery.providers.test_payload import parcel


class Elsewhere(BaseHTTPRequestHandler):
    """A server that sends everybody on, and writes down who came."""

    protocol_version = "HTTP/1.1"
    came: list[tuple[str, str]]
    connections: set[object]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.came.append((self.path, self.headers.get("Authorization", "")))
        self.connections.add(self.client_address)
        self.send_response(302)
        self.send_header("Location", "/stolen")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        return None


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, type[Elsewhere]]]:
    handler = type("Handler", (Elsewhere,), {"came": [], "connections": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler
    server.shutdown()
    server.server_close()
    thread.join()


def sent(provider: SendGrid, people: int = 2) -> Verdict:
    answer = provider.send(parcel(people), lambda: True)
    return answer.verdict


def test_a_redirect_is_not_followed_and_gets_no_key(elsewhere: tuple[str, type[Elsewhere]]) -> None:
    """The SDK as shipped turns the POST into a GET at the new place, with the key, and calls its 200 success."""
    url, handler = elsewhere
    provider = sendgrid(url)
    assert sent(provider) is Verdict.HELD
    provider.close()
    assert [path for path, _ in handler.came] == ["/v3/mail/send"]


def test_a_gateway_with_a_path_of_its_own_gets_the_mail_there(elsewhere: tuple[str, type[Elsewhere]]) -> None:
    url, handler = elsewhere
    provider = sendgrid(f"{url}/through")
    sent(provider)
    provider.close()
    assert [path for path, _ in handler.came] == ["/through/v3/mail/send"]


def test_one_connection_carries_many_requests_until_it_has_rested_too_long(
    elsewhere: tuple[str, type[Elsewhere]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, handler = elsewhere
    provider = sendgrid(url)
    for _ in range(3):
        sent(provider)
    assert len(handler.connections) == 1
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0)
    sent(provider)
    provider.close()
    assert len(handler.connections) == 2


def test_a_proxy_in_the_environment_is_not_used(
    elsewhere: tuple[str, type[Elsewhere]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, handler = elsewhere
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    provider = sendgrid(url)
    sent(provider)
    provider.close()
    assert len(handler.came) == 1


def test_neither_key_nor_people_reach_a_log(
    elsewhere: tuple[str, type[Elsewhere]], caplog: pytest.LogCaptureFixture
) -> None:
    url, _ = elsewhere
    with caplog.at_level(logging.DEBUG):
        provider = SendGrid(
            api_key="SG.very-secret", base_url=url, deadline=1, sender="news@example.com", tells_events=True
        )
        sent(provider)
        provider.close()
    assert "very-secret" not in caplog.text
    assert "p1@example.com" not in caplog.text
    assert "very-secret" not in provider.account


def test_a_claim_that_waited_too_long_writes_nothing(elsewhere: tuple[str, type[Elsewhere]]) -> None:
    url, handler = elsewhere
    provider = sendgrid(url)
    assert provider.send(parcel(2), lambda: False).verdict is Verdict.RETURNED
    provider.close()
    assert handler.came == []


def test_what_cannot_be_connected_was_not_taken() -> None:
    provider = sendgrid("http://127.0.0.1:9")
    assert "refused" in provider.prepare().lower()
    assert sent(provider) is Verdict.RETURNED


def test_a_host_without_an_address_was_not_reached() -> None:
    provider = sendgrid("http://no-such-host.invalid")
    assert sent(provider) is Verdict.RETURNED


def test_tls_that_cannot_be_trusted_was_not_written_to(elsewhere: tuple[str, type[Elsewhere]]) -> None:
    url, handler = elsewhere
    provider = sendgrid(url.replace("http://", "https://"))
    assert sent(provider) is Verdict.RETURNED
    assert handler.came == []
