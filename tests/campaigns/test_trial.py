"""Previews and tests: the mail as it would be, reaching colleagues only, stopping nothing and counting nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from base.errors import BadInput, NotFound, Refused
from campaigns import trial
from campaigns.drafts import get_campaign
from delivery.models import Attempt, Run
from delivery.providers import open_provider
from delivery.providers.provider import Parcel
from delivery.slots import Filled
from subscribers import links
from tests.campaigns.mailing import ROBIN, SLUG, Mailing, settings, text_of


def parcel(mailing: Mailing, to: str = "kim@example.com", *, without_events: bool = False) -> Parcel:
    with mailing.db.read() as s:
        return trial.parcel(s, get_campaign(s, SLUG), mailing.config, to, without_events=without_events)


def preview(mailing: Mailing, email: str | None = None) -> Filled:
    with mailing.db.read() as s:
        return trial.preview(s, mailing.keys, get_campaign(s, SLUG), mailing.config, email)[0]


@pytest.fixture
def drafted(mailing: Mailing) -> Mailing:
    mailing.people("ann", first_name="Ann", custom={"city": "Milpitas"})
    mailing.draft(subject="{{ subscriber.first_name|default('Friend') }} in {{ subscriber.city }}")
    mailing.config = settings(mailing.folder, test_to=("kim@example.com", "*@office.example.com"))
    return mailing


def test_a_test_is_marked_inert_and_counts_nowhere(drafted: Mailing) -> None:
    trial.send_test(open_provider(drafted.config), parcel(drafted))
    (mail,) = drafted.mails().values()
    assert mail["To"] == "kim@example.com"
    assert str(mail["Subject"]).startswith("[Test] Robin")
    token = str(mail["List-Unsubscribe"]).strip("<>").rpartition("/")[2]
    assert token in text_of(mail)
    assert links.read(drafted.keys, token) is None
    with drafted.db.read() as s:
        assert s.scalar(select(func.count()).select_from(Run)) == 0
        assert s.scalar(select(func.count()).select_from(Attempt)) == 0
    assert (drafted.state(), drafted.status().counts.audience) == ("draft", 0)


@pytest.mark.parametrize("to", ["kim@example.com", "KIM@Example.com", "anyone@office.example.com"])
def test_a_test_goes_to_colleagues(to: str, drafted: Mailing) -> None:
    assert [person.email.lower() for person in parcel(drafted, to).people] == [to.lower()]


@pytest.mark.parametrize("to", ["ann@example.com", "kim@example.com.evil.example.net"])
def test_a_test_goes_to_nobody_else(to: str, drafted: Mailing) -> None:
    with pytest.raises(Refused, match="not in \\[delivery\\] test_to"):
        parcel(drafted, to)


def test_a_test_never_goes_to_what_is_no_address(drafted: Mailing) -> None:
    with pytest.raises(BadInput, match="no email address"):
        parcel(drafted, "x\r\nBcc: a@office.example.com")


def test_without_test_to_there_are_no_tests(drafted: Mailing) -> None:
    drafted.config = settings(drafted.folder)
    with pytest.raises(Refused, match="test_to"):
        parcel(drafted)


def test_a_test_through_sendgrid_is_refused_as_a_launch_would_be(drafted: Mailing) -> None:
    drafted.config = settings(drafted.folder, provider="sendgrid", test_to=("kim@example.com",))
    with pytest.raises(Refused, match=r"public_url.*shipped example.*webhook_key"):
        parcel(drafted)
    with pytest.raises(Refused) as refused:
        parcel(drafted, without_events=True)
    assert "webhook_key" not in refused.value.sentence


def test_a_provider_that_is_not_there_is_said_in_a_sentence(drafted: Mailing) -> None:
    local = settings(drafted.folder, provider="local", test_to=("kim@example.com",))
    drafted.config = replace(local, localgrid=replace(local.localgrid, port=1))
    with pytest.raises(Refused, match="the provider cannot be reached"):
        trial.send_test(open_provider(drafted.config), parcel(drafted))


def test_a_folder_that_cannot_be_written_refuses_the_test(drafted: Mailing) -> None:
    (drafted.folder / "outgoing").write_text("a file where the folder should be")
    with pytest.raises(Refused, match="cannot be reached"):
        trial.send_test(open_provider(drafted.config), parcel(drafted))


def test_a_preview_is_the_mail_of_the_person_named(drafted: Mailing) -> None:
    assert preview(drafted, "ann@example.com").subject == "Ann in Milpitas"
    assert preview(drafted).subject == "Robin in"
    with pytest.raises(NotFound):
        preview(drafted, "zoe@example.com")


def test_a_preview_stops_nothing(drafted: Mailing) -> None:
    shown = preview(drafted, "ann@example.com")
    assert "/u/test" in shown.html
    assert "/u/test" in shown.text


def test_once_approved_preview_and_test_show_what_will_be_sent(drafted: Mailing) -> None:
    drafted.decide("approve", ROBIN)
    drafted.sql("UPDATE articles SET title = 'Kinder hips'")
    assert "Kinder hips" not in preview(drafted).text
    assert "Kinder hips" not in parcel(drafted).filler.message.text
