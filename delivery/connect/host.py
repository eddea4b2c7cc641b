"""Does the public address lead here: over https, with a good certificate, and for a POST that no browser makes?

Asked from this machine, through the public name: what a wall before it does to strangers elsewhere may still differ.
"""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import orjson
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from base.config import Config, is_loopback
from delivery.connect.finding import Finding
from delivery.connect.hook import PATH

CHECK, CERTIFICATE = "public address", "certificate"
SECONDS = 10.0
_MOST = 65_536  # bytes of an answer that are looked at
RENEW_WITHIN, URGENT_WITHIN = timedelta(days=21), timedelta(days=7)

# As SendGrid posts events, and as mailbox providers post a one-click unsubscribe (RFC 8058): no cookie, no browser.
_EVENT = {"Content-Type": "application/json", "User-Agent": "SendGrid Event API"}
_ONE_CLICK = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mailbox-Provider/1.0"}


def look(config: Config) -> list[Finding]:
    url = config.web.public_url
    if not url.startswith("https://"):
        return [_insecure(config)]
    if is_loopback(url) and not is_loopback(config.sendgrid.base_url):
        words = f"[web] public_url {url} leads to each reader's own machine; set it to the public name of this one"
        return [Finding(CHECK, "broken", words)]
    try:
        found, ends = _ask(url)
    except ssl.SSLCertVerificationError as cause:
        words = f"the certificate of {url} is no good ({cause.verify_message}); renew it where https ends"
        return [Finding(CERTIFICATE, "broken", words)]
    except (OSError, HTTPError, ValueError) as cause:
        return [Finding(CHECK, "broken", f"{url} cannot be reached ({_words(cause)}); {_cure(cause)}")]
    return [_certificate(url, ends), found]


def _insecure(config: Config) -> Finding:
    url = config.web.public_url
    if is_loopback(url) and is_loopback(config.sendgrid.base_url):
        return Finding(
            CHECK, "mind", f"[web] public_url {url} is fine for trying out; real mail needs https and a name"
        )
    words = f"[web] public_url {url} is not https, and mailbox providers take no other unsubscribe link; put a proxy "
    return Finding(CHECK, "broken", f"{words}with a certificate before Tipsheet and write https://…")


def _ask(url: str) -> tuple[Finding, datetime | None]:
    status, _, body, ends = _request("GET", url, "/health", {}, b"")
    if not _is_ours(body):
        words = f"{url}/health is not Tipsheet's (status {status}); start tipsheet run, and let the proxy lead there"
        return Finding(CHECK, "broken", words), ends
    if words := _events_trouble(url) or _one_click_trouble(url):
        return Finding(CHECK, "broken", words), ends
    return Finding(CHECK, "ok", f"{url} leads here, for programs, too"), ends


def _events_trouble(url: str) -> str:
    status, leads_to, body, _ = _request("POST", url, PATH, _EVENT, b"[]\r\n")
    if status == 403 and b"webhook_key" in body:
        return "the service that runs knows no key of the web hook; connect first, then start tipsheet run again"
    return "" if status == 400 else _wall(url + PATH, status, leads_to, "events")


def _one_click_trouble(url: str) -> str:
    path = "/u/no-link-has-this-token"
    status, leads_to, _, _ = _request("POST", url, path, _ONE_CLICK, b"List-Unsubscribe=One-Click")
    return "" if status == 404 else _wall(f"{url}/u/…", status, leads_to, "one-click unsubscribing")


def _wall(where: str, status: int, leads_to: str, what: str) -> str:
    if 300 <= status < 400:
        return f"{where} redirects a POST to {leads_to[:200]} and {what} would be lost; serve it at this very address"
    return f"{where} answers {status} to a POST that no browser makes; let {what} through to Tipsheet unasked"


def _certificate(url: str, ends: datetime | None) -> Finding:
    if ends is None:
        return Finding(CERTIFICATE, "ok", f"{url} is trusted")
    left = ends - datetime.now(UTC)
    if left > RENEW_WITHIN:
        return Finding(CERTIFICATE, "ok", f"good until {ends:%Y-%m-%d}")
    words = f"the certificate of {url} ends on {ends:%Y-%m-%d} and nobody has renewed it; see to that where https ends"
    return Finding(CERTIFICATE, "broken" if left < URGENT_WITHIN else "mind", words)


def _is_ours(body: bytes) -> bool:
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(told, dict) and "ok" in told and "database" in told


def _request(
    method: str, url: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, str, bytes, datetime | None]:
    """Status, Location, body, and when the certificate ends. Follows nothing."""
    parts = urlsplit(url)
    port, name = parts.port or 443, parts.hostname or ""
    connection: HTTPConnection = HTTPSConnection(name, port, timeout=SECONDS, ssl_context=ssl.create_default_context())
    try:
        connection.connect()
        ends = _end(connection.sock)
        connection.request(method, parts.path + path, body=body or None, headers=headers, preload_content=False)
        response = connection.getresponse()
        return response.status, response.headers.get("Location", ""), response.read(_MOST), ends
    finally:
        connection.close()


def _end(sock: socket.socket) -> datetime | None:
    certificate = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    when = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(when), UTC) if isinstance(when, str) else None


def _words(cause: BaseException) -> str:
    said = str(cause).rpartition("): ")[2] or type(cause).__name__
    return said.rpartition("] ")[2][:200]


def _cure(cause: BaseException) -> str:
    if isinstance(cause, socket.gaierror) or "resolve" in str(cause):
        return "add an address record for this name where your DNS is kept"
    return "start tipsheet run and the proxy before it, and open the port"
