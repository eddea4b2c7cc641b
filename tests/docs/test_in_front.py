"""What docs/operations.md puts around the service, read by the programs that it is for where they are installed: nginx
passes real requests to a real service, systemd reads the unit. Elsewhere only what it claims is compared."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from cli.main import app
from tests.docs.pages import ROOT, page
from tests.docs.terminal import begun
from tests.journeys.office import free_port, listens, until
from tests.support.certificate import certified

PAGE = page("docs/operations.md")
UNITS = [ROOT / "deploy" / "systemd" / name for name in ("tipsheet.service", "tipsheet-worker@.service")]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
SYSTEMD = shutil.which("systemd-analyze")
AROUND = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {server}
}}
"""


if NGINX:

    @pytest.mark.slow
    def test_nginx_passes_on_what_is_public_and_nothing_else(tmp_path: Path) -> None:
        terminal = begun(tmp_path, "tipsheet list add")
        shown = terminal.asks("tipsheet list publish monthly-tips")["page"]
        with terminal.service(), _nginx(tmp_path, terminal.env["TIPSHEET_WEB__PORT"]) as outside:
            asked = urllib3.PoolManager(ca_certs=str(tmp_path / "certificate.pem"), retries=False)
            for path, status in (("/u", 404), ("/archive/" + shown.rpartition("/")[2], 200)):
                answer = asked.request("GET", outside + path)
                assert (answer.status, b"Larkfield Physiotherapy" in answer.data) == (status, True)
            for path in ("/health", "/", "/under"):
                answer = asked.request("GET", outside + path)
                assert (answer.status, b"<center>nginx" in answer.data) == (404, True)
            one_click = asked.request(
                "POST", outside + "/u/cut-off", body=b"List-Unsubscribe=One-Click", redirect=False
            )
            assert (one_click.status, b"nginx" in one_click.data) == (404, False)
            events = asked.request("POST", outside + "/events/sendgrid", body=b" " * 4_900_000)
            assert (events.status, b"nginx" in events.data) == (400, False)
            asked.clear()


if SYSTEMD:

    @pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
    def test_systemd_understands_the_unit(unit: Path, tmp_path: Path) -> None:
        placed = tmp_path / unit.name.replace("@", "@1")
        placed.write_text(unit.read_text().replace("/opt/tipsheet/venv/bin/tipsheet", str(shutil.which("true"))))
        words = [str(SYSTEMD), "verify", "--man=no", str(placed)]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (said.returncode, said.stderr) == (0, "")


def test_unit_and_container_start_the_service_where_it_was_installed() -> None:
    unit, container = UNITS[0].read_text(), (ROOT / "deploy" / "Containerfile").read_text()
    installed = next(block for block in PAGE.blocks("") if "-m venv" in block)
    assert "-m venv /opt/tipsheet/venv\n" in installed
    assert "\nExecStart=/opt/tipsheet/venv/bin/tipsheet run\n" in unit
    assert '\nCMD ["tipsheet", "run"]\n' in container
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {"run", "worker"} <= names
    assert "\nExecStart=/opt/tipsheet/venv/bin/tipsheet worker --name " in UNITS[1].read_text()
    for file in (UNITS[0].name, UNITS[1].name):
        assert f"cp /opt/tipsheet/code/deploy/systemd/{file} /etc/systemd/system/\n" in "".join(PAGE.blocks(""))


def test_the_service_may_finish_what_is_in_flight() -> None:
    for unit in UNITS:
        waits = int(unit.read_text().partition("TimeoutStopSec=")[2].partition("\n")[0])
        assert waits > 60, "[delivery] deadline, as it is shipped"
        assert f"--stop-timeout {waits} " in "".join(PAGE.blocks(""))


@contextmanager
def _nginx(folder: Path, port: str) -> Iterator[str]:
    """The page's server, at another port, with a certificate of ours and before this service."""
    certified(folder, "localhost")
    outside = free_port()
    (server,) = PAGE.blocks("nginx")
    for there, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{outside} ssl"),
        ("/etc/ssl/news.example.com.pem", f"{folder}/certificate.pem"),
        ("/etc/ssl/news.example.com.key", f"{folder}/key.pem"),
        ("/var/log/nginx/tipsheet.log", f"{folder}/tipsheet.log"),
        ("127.0.0.1:8025", f"127.0.0.1:{port}"),
    ):
        assert there in server
        server = server.replace(there, here)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, server=server))
    words = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*words, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(outside))
        yield f"https://localhost:{outside}"
    finally:
        running.terminate()
        running.wait(30)
