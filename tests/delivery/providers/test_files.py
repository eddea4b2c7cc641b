"""The provider `files`: one mail a person, whole or not there, a repeat overwrites."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

from delivery.providers.files import Files
from delivery.providers.provider import Verdict
from tests.delivery.providers.test_payload import parcel


def test_each_person_has_one_mail_however_often_it_is_repeated(tmp_path: Path) -> None:
    provider = Files(tmp_path)
    for _ in range(2):
        assert provider.send(parcel(3), lambda: True).verdict is Verdict.ACCEPTED
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run-1-1.eml", "run-1-2.eml", "run-1-3.eml"]


def test_a_mail_has_both_parts_and_the_headers_of_a_newsletter(tmp_path: Path) -> None:
    Files(tmp_path).send(parcel(1), lambda: True)
    mail = message_from_bytes((tmp_path / "run-1-1.eml").read_bytes(), policy=SMTP)
    assert mail["To"] == "p1@example.com"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    body = mail.get_body(("html",))
    assert body is not None
    assert "Hello P1" in body.get_content()


def test_a_folder_that_cannot_be_written_holds_the_run(tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    provider = Files(file / "below")
    assert "cannot be made" in provider.prepare()
    assert provider.send(parcel(1), lambda: True).verdict is Verdict.HELD
