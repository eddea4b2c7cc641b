"""Whose export a file is, by its titles: what each column means, and which rows say that somebody must not be mailed.

A newly supported one is a row in EXPORTS. Titles are written as fields.plain_name() makes them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from base.errors import BadInput
from subscribers.suppression import Reason

LEFT_OUT = ""  # a column that is not taken over

_SOMETHING = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class Stop:
    """What a row says of an address that must not be mailed. Without a reason it is kept out and no stop is made."""

    words: str
    reason: Reason | None = None
    everywhere: bool = False  # not on this list alone


@dataclass(frozen=True, slots=True)
class Rule:
    title: str
    pattern: re.Pattern[str]
    stop: Stop


@dataclass(frozen=True, slots=True)
class Export:
    name: str
    titles: frozenset[str]  # that it always has
    fields: Mapping[str, str] = field(default_factory=dict)  # what its columns mean; all others are custom fields
    rules: tuple[Rule, ...] = ()  # the first that fits counts
    all_stopped: Stop | None = None  # every row is one
    is_shape: bool = False  # these titles are all it has, and other files have them, too: it must be named


def recognise(titles: Collection[str], named: str | None = None) -> Export:
    """Raises BadInput where it could be people or stops and nobody said which."""
    if named is not None:
        return _called(named)
    have = frozenset(titles)
    for each in EXPORTS:
        if each.titles == have if each.is_shape else each.titles and each.titles <= have:
            if each.is_shape:
                raise BadInput(
                    f"These columns are those of a file of people and of {each.name}; "
                    f"say which with --as {PLAIN.name} or --as {each.name}"
                )
            return each
    return PLAIN


def _called(name: str) -> Export:
    for each in (*EXPORTS, PLAIN):
        if each.name == name:
            return each
    raise BadInput(f"{name[:40]!r} is no export that is known; use {', '.join(x.name for x in (*EXPORTS, PLAIN))}")


def _rule(title: str, pattern: str, words: str, reason: Reason | None = None, everywhere: bool = False) -> Rule:
    found = re.compile(pattern, re.IGNORECASE) if pattern else _SOMETHING
    return Rule(title, found, Stop(words, reason, everywhere))


def _left_out(*titles: str) -> dict[str, str]:
    return dict.fromkeys(titles, LEFT_OUT)


_UNSUBSCRIBED = "unsubscribed there"
_BOUNCED = "bounced there"
_COMPLAINED = "complained there"
_MAILCHIMP_OWN = (
    *("member_rating", "latitude", "longitude", "gmtoff", "dstoff", "cc", "region", "last_changed", "leid", "euid"),
    *("notes", "unsub_time", "unsub_campaign_title", "unsub_campaign_id", "unsub_reason", "unsub_reason_other"),
    *("clean_time", "clean_campaign_title", "clean_campaign_id"),
)
_KLAVIYO_OWN = (
    *("klaviyo_id", "latitude", "longitude", "source", "email_marketing_consent", "email_suppressions"),
    *("email_suppressions_timestamp", "sms_marketing_consent", "sms_marketing_consent_timestamp"),
    *("sms_suppressions", "sms_suppressions_timestamp", "first_active", "last_active", "last_open", "last_click"),
)

EXPORTS: tuple[Export, ...] = (
    Export(
        "tipsheet",
        frozenset({"email", "tipsheet_state"}),
        {"tipsheet_since": "consented", **_left_out("tipsheet_state", "tipsheet_source")},
        (
            _rule("tipsheet_state", "^withdrawn$", "opted out", "opt-out"),
            _rule("tipsheet_state", "^(?!confirmed$)", "never confirmed"),
        ),
    ),
    Export(
        "mailchimp",
        frozenset({"email_address", "leid", "euid"}),
        {
            "email_address": "email",
            "first_name": "first_name",
            "last_name": "last_name",
            "timezone": "zone",
            "tags": "tags",
            "optin_time": "joined",
            "confirm_time": "consented",
            "confirm_ip": "ip",
            **_left_out("optin_ip", *_MAILCHIMP_OWN),
        },
        (
            _rule("clean_time", "", _BOUNCED, "hard bounce", everywhere=True),
            _rule("unsub_reason", "abuse|spam", _COMPLAINED, "complaint", everywhere=True),
            _rule("unsub_time", "", _UNSUBSCRIBED, "opt-out"),
        ),
    ),
    Export(
        "klaviyo",
        frozenset({"email", "email_marketing_consent"}),
        {
            "email": "email",
            "first_name": "first_name",
            "last_name": "last_name",
            "ip_address": "ip",
            "email_marketing_consent_timestamp": "consented",
            "profile_created_on": "joined",
            **_left_out(*_KLAVIYO_OWN),
        },
        (
            _rule("email_suppressions", "spam|complain", _COMPLAINED, "complaint", everywhere=True),
            _rule("email_suppressions", "bounce|invalid", _BOUNCED, "hard bounce", everywhere=True),
            _rule("email_suppressions", "unsub", _UNSUBSCRIBED, "opt-out", everywhere=True),
            _rule("email_suppressions", r"[^\s\[\]]", "suppressed there", "manual", everywhere=True),
            _rule("email_marketing_consent", "^unsub", _UNSUBSCRIBED, "opt-out"),
            _rule("email_marketing_consent", "^(?!subscribed?$)", "never subscribed there"),
        ),
    ),
    Export(
        "listmonk",
        frozenset({"uuid", "email", "name", "attributes", "status"}),
        {
            "email": "email",
            "name": "name",
            "attributes": "attributes",
            "created_at": "joined",
            **_left_out("uuid", "status", "updated_at"),
        },
        (
            _rule("status", "blocklisted|blacklisted", "blocklisted there", "manual", everywhere=True),
            _rule("status", "^(?!enabled$)", "not enabled there"),
        ),
    ),
    Export(
        "ghost",
        frozenset({"email", "subscribed_to_emails", "complimentary_plan"}),
        {
            "email": "email",
            "name": "name",
            "labels": "tags",
            "created_at": "joined",
            **_left_out("id", "note", "subscribed_to_emails", "complimentary_plan", "stripe_customer_id"),
            **_left_out("deleted_at", "products", "tiers", "gift_id"),
        },
        (
            _rule("deleted_at", "", "deleted there"),
            _rule("subscribed_to_emails", "^(?!true$)", _UNSUBSCRIBED, "opt-out"),
        ),
    ),
    Export(
        "substack",
        frozenset({"email", "active_subscription", "expiry"}),
        {
            "email": "email",
            "name": "name",
            "created_at": "joined",
            **_left_out("active_subscription", "expiry", "plan", "email_disabled", "digest_enabled"),
            **_left_out("prefer_digests", "first_payment_at"),
        },
        (_rule("email_disabled", "^true$", _UNSUBSCRIBED, "opt-out"),),
    ),
    Export(
        "sendgrid",
        frozenset({"email", "contact_id", "created_at"}),
        {
            "email": "email",
            "first_name": "first_name",
            "last_name": "last_name",
            "created_at": "joined",
            **_left_out("contact_id", "updated_at", "alternate_emails"),
        },
    ),
    Export(
        "sendgrid-bounces",
        frozenset({"status", "reason", "email", "created"}),
        _left_out("status", "reason", "created"),
        all_stopped=Stop(_BOUNCED, "hard bounce", everywhere=True),
    ),
    Export(
        "sendgrid-spam-reports",
        frozenset({"ip", "email", "created"}),
        _left_out("ip", "created"),
        all_stopped=Stop(_COMPLAINED, "complaint", everywhere=True),
    ),
    Export(
        "sendgrid-invalid",
        frozenset({"reason", "email", "created"}),
        _left_out("reason", "created"),
        all_stopped=Stop("invalid there", "invalid", everywhere=True),
    ),
    Export(
        "sendgrid-unsubscribes",
        frozenset({"email", "created"}),
        _left_out("created"),
        all_stopped=Stop(_UNSUBSCRIBED, "opt-out", everywhere=True),
        is_shape=True,
    ),
)

# A file of people's own making. Its status column stays a field, and is believed where it says no.
_SAYS_NO = r"^\s*(unsubscribed?|un-?subscribed|opted?[ _-]?out)\s*$"
PLAIN = Export(
    "plain",
    frozenset(),
    {
        **dict.fromkeys(("email_address", "e_mail"), "email"),
        "firstname": "first_name",
        "lastname": "last_name",
        **dict.fromkeys(("timezone", "time_zone", "tz"), "zone"),
    },
    tuple(
        rule
        for title in ("status", "subscription_status", "email_status", "subscriber_status")
        for rule in (
            _rule(title, _SAYS_NO, _UNSUBSCRIBED, "opt-out"),
            _rule(title, r"^\s*((hard[ _-]?)?bounced?|cleaned)\s*$", _BOUNCED, "hard bounce", everywhere=True),
            _rule(title, r"^\s*(complained|complaint|spam( complaint)?)\s*$", _COMPLAINED, "complaint", True),
        )
    )
    + tuple(_rule(title, "", _UNSUBSCRIBED, "opt-out") for title in ("unsubscribed_at", "opted_out_at", "unsub_time")),
)
