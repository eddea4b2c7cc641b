"""The mailbox as a person and as a program reads it: rendered, searchable, and harmless whatever a mail holds."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest

from tests.localgrid.support import Running


def page(grid: Running, path: str) -> str:
    answer = grid.http.request("GET", grid.url + path)  # no key: these are for whoever runs it
    assert answer.status == 200
    return answer.data.decode()


def sent(grid: Running, to: str, **changes: Any) -> dict[str, Any]:
    assert grid.send(to, **changes).status == 202
    mails = grid.http.request("GET", f"{grid.url}/mailbox.json?to={to}").json()["mails"]
    newest: dict[str, Any] = mails[0]
    return newest


def test_the_list_is_newest_first_paged_and_searchable(grid: Running) -> None:
    grid.send(*(f"listed-{n}@example.com" for n in range(60)))
    first = page(grid, "/?to=listed-")
    assert "60 mails to" in first
    assert first.index("listed-59@") < first.index("listed-10@")
    assert "listed-9@" not in first
    assert "listed-9@" in page(grid, "/?to=LISTED-&offset=50")
    assert "No mail to an address with" in page(grid, "/?to=nobody")
    assert "Mailbox" in page(grid, "/")


def test_the_json_lists_whole_lines(grid: Running) -> None:
    grid.send("json-1@example.com", "json-2@example.com")
    answer = grid.http.request("GET", f"{grid.url}/mailbox.json?to=json-&limit=1").json()
    assert answer["total"] == 2
    assert [mail["to"] for mail in answer["mails"]] == ["json-2@example.com"]
    assert answer["mails"][0] == next(line for line in grid.mailbox() if line["to"] == "json-2@example.com")


def test_a_mail_is_rendered_for_its_reader(grid: Running) -> None:
    mail = sent(grid, "rendered@example.com", reply_to={"email": "hello@example.com", "name": "Team of -t1first-"})
    html = page(grid, f"/mail/{mail['id']}/html")
    assert "<p>Hello rendered</p>" in html
    assert page(grid, f"/mail/{mail['id']}/text") == "Hello rendered, leave: https://news.example.com/o/abc"
    whole = page(grid, f"/mail/{mail['id']}")
    assert "Team of rendered &lt;hello@example.com&gt;" in whole
    assert "&lt;https://news.example.com/o/abc&gt;" in whole
    assert 'action="https://news.example.com/o/abc"' in whole  # the one-click button


def test_tags_in_headers_stay_as_they_are(grid: Running) -> None:
    mail = sent(grid, "tags@example.com", headers={"X-Tag": "-t1first-"}, personalizations=tagged())
    assert mail["headers"] == {"X-Tag": "-t1first-"}


def tagged() -> list[dict[str, Any]]:
    return [{"to": [{"email": "tags@example.com"}], "substitutions": {"-t1first-": "T", "-t1link-": "-t1first-"}}]


def test_a_value_that_looks_like_a_tag_is_not_replaced_again(grid: Running) -> None:
    mail = sent(grid, "tags@example.com", personalizations=tagged())
    assert page(grid, f"/mail/{mail['id']}/text") == "Hello T, leave: -t1first-"


def test_links_open_in_a_new_tab_and_scripts_never_run(grid: Running) -> None:
    content = [{"type": "text/html", "value": "<html><HEAD lang=en><title>x</title></HEAD><script>alert(1)</script>"}]
    mail = sent(grid, "script@example.com", content=content, subject="<script>alert(2)</script>")
    answer = grid.http.request("GET", f"{grid.url}/mail/{mail['id']}/html")
    assert b'<HEAD lang=en><base target="_blank">' in answer.data
    assert "script-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for path in ("/", f"/mail/{mail['id']}"):
        assert "<script>" not in page(grid, path)


def test_the_source_is_a_mail_that_can_be_read_again(grid: Running) -> None:
    content = [{"type": "text/plain", "value": "Grüße"}, {"type": "text/html", "value": "<p>Grüße</p>"}]
    mail = sent(grid, "source@example.com", content=content, subject="Grüße für -t1first-")
    answer = grid.http.request("GET", f"{grid.url}/mail/{mail['id']}.eml")
    parsed = message_from_bytes(answer.data, policy=policy.default)
    assert parsed["Subject"] == "Grüße für source"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = parsed.iter_parts()
    assert plain.get_content().strip() == "Grüße"
    assert html.get_content().strip() == "<p>Grüße</p>"


@pytest.mark.parametrize("path", ["/mail/0", "/mail/999999", "/mail/999999/html", "/mail/x", "/nowhere"])
def test_what_is_not_there_is_404(grid: Running, path: str) -> None:
    assert grid.http.request("GET", grid.url + path).status == 404
