"""Confirmation mails over real HTTP: what they say, that they count nothing, and that a crash sends none twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.config import Config, DeliveryConfig, SendgridConfig, TemplatesConfig
from base.database import Database
from base.errors import Refused
from delivery import confirmations, installation, letters
from delivery.providers.files import Files
from delivery.providers.provider import Answer, Verdict
from delivery.providers.sendgrid import SendGrid
from subscribers.keys import Keys
from subscribers.signups import confirming
from tests.localgrid.support import Running
from tests.support.signups import a_public_list, asked_again_after, signs_up, states, waiting

CONFIG = Config(file=Path("config.toml"))


class Telling(Files):
    """Files that answers as it is told."""

    def __init__(self, folder: Path, verdict: Verdict = Verdict.ACCEPTED) -> None:
        super().__init__(folder)
        self.verdict, self.told = verdict, list[str]()

    def notify(self, to: str, subject: str, text: str, **more: str) -> Answer:
        self.told.append(to)
        return Answer(self.verdict, "its words")


def tick(db: Database, keys: Keys, provider: Any, config: Config = CONFIG) -> int:
    return confirmations.send_due(db, provider, keys, config)


def asked(db: Database, keys: Keys, *emails: str) -> None:
    with db.write() as s:
        a_public_list(s)
    for email in emails or ("ann@example.com",):
        signs_up(db, keys, email)


def test_the_mail_asks_and_does_nothing_else(db: Database, keys: Keys, grid: Running, provider: SendGrid) -> None:
    asked(db, keys, "ann.confirms@example.com")
    assert tick(db, keys, provider) == 1
    assert tick(db, keys, provider) == 0
    mail = grid.ask("GET", "/mailbox.json?to=ann.confirms").json()["mails"][0]
    assert mail["subject"] == "Please confirm: Tips"
    text, html = (grid.ask("GET", f"/mail/{mail['id']}/{part}").data.decode() for part in ("text", "html"))
    link = next(word for word in text.split() if word.startswith("http://127.0.0.1:8025/confirm/"))
    assert f'href="{link}"' in html
    for part in (text, html):
        assert "<img" not in part
        assert part.count("http") == 1
        assert "Larkfield Physiotherapy" in part
        assert "do nothing" in part
    with db.write() as s:
        assert confirming.confirm(s, keys, link.rpartition("/")[2]) is not None
    assert states(db, keys, "ann.confirms@example.com") == {"tips": "confirmed"}


def test_a_crash_while_it_leaves_sends_it_no_second_time(sqlite_db: Database, keys: Keys) -> None:
    asked(sqlite_db, keys)
    (row,) = waiting(sqlite_db)
    with sqlite_db.write() as s:
        assert confirming.take(s, keys, row.id, may_mail=True) is not None  # and here the machine stops
    with sqlite_db.write() as s:
        assert confirming.take(s, keys, row.id, may_mail=True) is None
    asked_again_after(sqlite_db, timedelta(days=3))
    with sqlite_db.write() as s:
        reminder = confirming.take(s, keys, row.id, may_mail=True)
    assert reminder is not None
    assert reminder.is_reminder


@pytest.mark.parametrize(
    ("verdict", "again"),
    [(Verdict.ACCEPTED, 0), (Verdict.UNCERTAIN, 0), (Verdict.REFUSED, 0), (Verdict.RETURNED, 1), (Verdict.HELD, 1)],
)
def test_only_what_provably_did_not_leave_is_sent_again(
    sqlite_db: Database, keys: Keys, tmp_path: Path, verdict: Verdict, again: int
) -> None:
    asked(sqlite_db, keys)
    provider = Telling(tmp_path, verdict)
    tick(sqlite_db, keys, provider)
    asked_again_after(sqlite_db, timedelta(minutes=10))
    provider.verdict = Verdict.ACCEPTED
    assert tick(sqlite_db, keys, provider) == again
    assert len(provider.told) == 1 + again


def test_the_fence_holds_for_these_mails_too(sqlite_db: Database, keys: Keys, tmp_path: Path) -> None:
    asked(sqlite_db, keys, "ann@example.com", "ben@example.org")
    provider = Telling(tmp_path)
    assert tick(sqlite_db, keys, provider, replace(CONFIG, delivery=DeliveryConfig(only_to=("*@example.com",)))) == 1
    assert provider.told == ["ann@example.com"]


def test_nothing_leaves_while_sending_is_off_and_a_single_list_goes_on(
    sqlite_db: Database, keys: Keys, tmp_path: Path
) -> None:
    asked(sqlite_db, keys)
    with sqlite_db.write() as s:
        a_public_list(s, "news", "single")
        installation.installation(s)
        installation.after_restore(s, "restored: look first")
    signs_up(sqlite_db, keys, "ben@example.com", "news")
    provider = Telling(tmp_path)
    assert tick(sqlite_db, keys, provider) == 0
    assert provider.told == []
    assert states(sqlite_db, keys, "ben@example.com") == {"news": "confirmed"}


def test_a_clinic_that_does_not_exist_writes_to_nobody(sqlite_db: Database, keys: Keys, tmp_path: Path) -> None:
    asked(sqlite_db, keys)
    provider = Telling(tmp_path)
    real = replace(CONFIG, delivery=DeliveryConfig(provider="sendgrid"), sendgrid=SendgridConfig())
    with pytest.raises(Refused, match="still the shipped example"):
        tick(sqlite_db, keys, provider, real)
    assert provider.told == []


@pytest.mark.parametrize("broken", ["{% if %}", "{{ nothing.there }}", "no blocks"])
def test_a_letter_of_staffs_own_that_fails_gives_way(tmp_path: Path, broken: str) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "yours.txt").write_text(broken)
    own = replace(CONFIG, templates=TemplatesConfig(path=tmp_path))
    words = {"minutes": 60}
    link = "https://example.com/x"
    assert letters.write(own, "yours", "ann@example.com", link, words) == letters.write(
        CONFIG, "yours", "ann@example.com", link, words
    )


def test_one_source_makes_both_parts(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    source = "{% block subject %}S{% endblock %}{% block before %}A & ü\n\nB{% endblock %}"
    source += "{% block button %}Go{% endblock %}{% block after %}{% endblock %}"
    (tmp_path / "letters" / "mine.txt").write_text(source, "utf-8")
    own = replace(CONFIG, templates=TemplatesConfig(path=tmp_path))
    made = letters.write(own, "mine", "ann@example.com", "https://example.com/?a=1&b=2", {})
    assert made.text.startswith("A & ü\n\nB\n\nGo: https://example.com/?a=1&b=2\n\n")
    assert "A &amp; &#252;</p>" in made.html
    assert 'href="https://example.com/?a=1&amp;b=2"' in made.html
