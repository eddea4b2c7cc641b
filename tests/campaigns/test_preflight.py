"""No mail leaves by accident, and what leaves carries what it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from base.config import BrandConfig, Config, DeliveryConfig, SendgridConfig, WebConfig
from campaigns.preflight import LARGEST_HTML, is_real, problems, warnings
from delivery.slots import Message, Place, Slot

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ADDRESS = "1 Mill Row, Springfield, CA 90000"
OURS = BrandConfig(
    name="Mill Row",
    address=ADDRESS,
    url="https://millrow.example.com",
    phone="(555) 010-0123",
    privacy_url="https://millrow.example.com/privacy",
)
READY = Config(
    file=Path("config.toml"),
    delivery=DeliveryConfig(provider="sendgrid", from_email="news@mail.millrow.com", from_name="Mill Row"),
    sendgrid=SendgridConfig(base_url="https://api.sendgrid.com", webhook_key="MFkw"),
    web=WebConfig(public_url="https://news.millrow.com"),
    brand=OURS,
)
LINK = Slot("tLINKt", "links.unsubscribe", Place.URL)
MESSAGE = Message("Tips", f'<a href="tLINKt">Leave</a> {ADDRESS}', f"Leave: tLINKt\n{ADDRESS}", (LINK,))


def found(config: Config = READY, message: Message | None = MESSAGE, **more: Any) -> list[str]:
    facts = {"recipients": 3, "leaves_at": NOW, "offer_end": None, "without_events": False, **more}
    return problems(config, message, **facts)


def but(section: str, **changes: Any) -> Config:
    return replace(READY, **{section: replace(getattr(READY, section), **changes)})


WRONG_SETTINGS = [
    (but("web", public_url="http://news.millrow.com"), "[web] public_url must be https"),
    (but("web", public_url="https://localhost"), "[web] public_url"),
    (but("web", public_url="https://news.localhost."), "[web] public_url"),
    (but("web", public_url="https://192.168.0.9"), "[web] public_url"),
    (but("web", public_url="https://office"), "[web] public_url"),
    (but("delivery", from_email=DeliveryConfig().from_email), "[delivery] from_email is still the shipped example"),
    (but("delivery", from_email="desk@larkfield.example"), "larkfield.example, which cannot send"),
    (but("delivery", from_name=DeliveryConfig().from_name), "[delivery] from_name is still the shipped example"),
    (but("brand", name=BrandConfig().name), "[brand] name is still"),
    (but("brand", phone=BrandConfig().phone), "[brand] phone is still"),
    (replace(READY, brand=replace(BrandConfig(), address=ADDRESS)), "[brand] name, [brand] url, [brand] phone and"),
    (but("sendgrid", webhook_key=""), "[sendgrid] webhook_key is not set"),
]
WRONG_MAILS = [
    (replace(MESSAGE, html=ADDRESS), "the HTML has no unsubscribe link"),
    (replace(MESSAGE, text=ADDRESS), "the text part has no unsubscribe link"),
    (replace(MESSAGE, html="tLINKt"), "the HTML lacks the postal address"),
    (replace(MESSAGE, text="tLINKt"), "the text part lacks the postal address"),
    (replace(MESSAGE, text=" \n"), "the mail has no text part"),
    (replace(MESSAGE, html=MESSAGE.html + "x" * LARGEST_HTML), "Gmail would clip it"),
    *(
        (replace(MESSAGE, html=f'{MESSAGE.html}<a class="x" href="{href}">Read</a>'), "a link leads to ")
        for href in (
            "",
            "#",
            "notes.html",
            "/notes",
            "javascript:alert(1)",
            "https://user:word@example.com/",
            "data:,x",
        )
    ),
]
LEADING = ("https://example.com/a?b&amp;c", "tel:+14085550142", "mailto:a@example.com?subject=b", "#below", "tLINKt")


def test_with_everything_right_nothing_stands_against_it() -> None:
    assert found() == []


@pytest.mark.parametrize(("config", "words"), WRONG_SETTINGS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_setting_that_is_wrong_is_named_in_one_sentence(config: Config, words: str) -> None:
    (sentence,) = found(config)
    assert words in sentence


@pytest.mark.parametrize(("message", "words"), WRONG_MAILS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_mail_that_lacks_what_it_must_carry_is_refused(message: Message, words: str) -> None:
    (sentence,) = found(message=message)
    assert words in sentence


@pytest.mark.parametrize("href", LEADING)
def test_links_that_lead_somewhere_are_fine(href: str) -> None:
    assert found(message=replace(MESSAGE, html=f'{MESSAGE.html}<a href="{href}">Read</a>')) == []


def test_a_link_that_only_some_get_is_looked_at_too() -> None:
    some = Slot("tSOMEt", "subscriber.city", Place.TEXT, branches=('<a href="notes.html">Read</a>', ""))
    message = replace(MESSAGE, html=MESSAGE.html + "tSOMEt", slots=(LINK, some))
    assert ["a link leads to 'notes.html'" in problem for problem in found(message=message)] == [True]


def test_the_shipped_configuration_is_refused_thing_by_thing() -> None:
    shipped = Config(file=Path("config.toml"), delivery=DeliveryConfig(provider="sendgrid"))
    sentences = found(shipped)
    for words in ("public_url", "[brand] address", "[delivery] from_email", "webhook_key", "lacks the postal address"):
        assert any(words in sentence for sentence in sentences), words


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8026", "http://localhost:8026", "http://[::1]:8026"])
def test_towards_this_machine_nothing_is_refused(base_url: str) -> None:
    shipped = Config(file=Path("config.toml"), delivery=DeliveryConfig(provider="sendgrid"))
    local = replace(shipped, sendgrid=SendgridConfig(base_url=base_url))
    assert not is_real(local)
    assert found(local, replace(MESSAGE, text="")) == []
    assert any("no text part" in words for words in warnings(local, replace(MESSAGE, text=""), without_events=False))


@pytest.mark.parametrize("provider", ["local", "files"])
def test_providers_that_reach_nobody_refuse_nothing(provider: str) -> None:
    assert found(Config(file=Path("config.toml"), delivery=DeliveryConfig(provider=provider))) == []


def test_without_events_is_accepted_and_says_what_is_lost() -> None:
    config = but("sendgrid", webhook_key="")
    assert found(config, without_events=True) == []
    (lost,) = warnings(config, MESSAGE, without_events=True)
    assert "bounce" in lost
    assert "campaign resolve" in lost
    assert warnings(READY, MESSAGE, without_events=True) == []


def test_a_link_that_only_some_would_get_is_none() -> None:
    branch = Slot("tIFt", "subscriber.first_name", Place.TEXT, branches=("tLINKt", ""))
    message = replace(MESSAGE, html=f"tIFt {ADDRESS}", slots=(LINK, branch))
    assert "the HTML has no unsubscribe link" in found(message=message)[0]


def test_an_address_counts_however_it_is_escaped_and_wrapped() -> None:
    config = but("brand", address="Straße 1 & 2,  Köln")
    message = replace(MESSAGE, html="tLINKt Stra&#223;e 1\n &amp; 2, K&#246;ln", text="tLINKt\nStraße 1 & 2,\nKöln")
    assert found(config, message) == []


def test_nobody_to_mail_is_a_problem_with_any_provider() -> None:
    local = Config(file=Path("config.toml"))
    assert found(local, recipients=0) == ["nobody would get it; choose another list or segment"]


@pytest.mark.parametrize(("left", "refused"), [(timedelta(minutes=59), True), (timedelta(minutes=61), False)])
def test_an_offer_that_is_nearly_over_is_not_advertised(left: timedelta, refused: bool) -> None:
    sentences = found(offer_end=NOW + left)
    assert bool(sentences) is refused
    assert all("its offer is over at 2026-12-01" in sentence for sentence in sentences)
