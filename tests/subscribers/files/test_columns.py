from __future__ import annotations

import pytest

from base.errors import BadInput
from subscribers.files.columns import Columns, read_columns
from subscribers.files.exports import EXPORTS, PLAIN, Stop

MAILCHIMP = (
    "Email Address,First Name,Last Name,Town,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
KLAVIYO = (
    "Email,Klaviyo ID,First Name,Last Name,Organization,City,State / Region,Country,Zip Code,Latitude,Longitude,"
    "Source,IP Address,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions,"
    "Email Suppressions Timestamp,First Active,Last Active,Profile Created On"
)
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers"
)
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
SENDGRID = "EMAIL,FIRST_NAME,LAST_NAME,ADDRESS_LINE_1,CITY,COUNTRY,CREATED_AT,UPDATED_AT,CONTACT_ID"


def columns(header: str, *, named: str | None = None, **maps: str) -> Columns:
    return read_columns(header.split(","), maps, named)


def stop(found: Columns, **cells: str) -> Stop | None:
    for _index, rule in found.rules:
        if rule.pattern.search(cells.get(rule.title, "")):
            return rule.stop
    return found.export.all_stopped


@pytest.mark.parametrize(
    ("header", "name", "custom"),
    [
        (MAILCHIMP, "mailchimp", {"town"}),
        (f"{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON", "mailchimp", {"town"}),
        (f"{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID", "mailchimp", {"town"}),
        (KLAVIYO, "klaviyo", {"organization", "city", "state_region", "country", "zip_code"}),
        (GHOST, "ghost", set()),
        (SUBSTACK, "substack", set()),
        (LISTMONK, "listmonk", set()),
        (SENDGRID, "sendgrid", {"address_line_1", "city", "country"}),
        ("status,reason,email,created", "sendgrid-bounces", set()),
        ("ip,email,created", "sendgrid-spam-reports", set()),
        ("reason,email,created", "sendgrid-invalid", set()),
        ("email,first_name,tags,city,tipsheet_state,tipsheet_since,tipsheet_source", "tipsheet", {"city"}),
        ("E-Mail,First Name,Shoe size", "plain", {"shoe_size"}),
    ],
)
def test_an_export_is_recognised_by_its_titles(header: str, name: str, custom: set[str]) -> None:
    found = columns(header)
    assert found.export.name == name
    assert set(found.custom) == custom
    assert "email" in found.fixed


@pytest.mark.parametrize(
    ("header", "cells", "reason", "everywhere"),
    [
        (f"{MAILCHIMP},UNSUB_TIME", {"unsub_time": "2024-01-02 03:04:05"}, "opt-out", False),
        (f"{MAILCHIMP},CLEAN_TIME", {"clean_time": "2024-01-02 03:04:05"}, "hard bounce", True),
        (f"{MAILCHIMP},UNSUB_REASON", {"unsub_reason": "ABUSE (marked as spam)"}, "complaint", True),
        (KLAVIYO, {"email_marketing_consent": "UNSUBSCRIBED"}, "opt-out", False),
        (
            KLAVIYO,
            {"email_marketing_consent": "SUBSCRIBED", "email_suppressions": "[HARD_BOUNCE]"},
            "hard bounce",
            True,
        ),
        (KLAVIYO, {"email_marketing_consent": "SUBSCRIBED", "email_suppressions": "USER_SUPPRESSED"}, "manual", True),
        (KLAVIYO, {"email_marketing_consent": "NEVER_SUBSCRIBED"}, None, False),
        (GHOST, {"subscribed_to_emails": "false"}, "opt-out", False),
        (GHOST, {"subscribed_to_emails": "true", "deleted_at": "2024-01-02"}, None, False),
        (SUBSTACK, {"email_disabled": "true"}, "opt-out", False),
        (LISTMONK, {"status": "blocklisted"}, "manual", True),
        (LISTMONK, {"status": "disabled"}, None, False),
        ("status,reason,email,created", {}, "hard bounce", True),
        ("ip,email,created", {}, "complaint", True),
        ("email,tipsheet_state", {"tipsheet_state": "withdrawn"}, "opt-out", False),
        ("email,tipsheet_state", {"tipsheet_state": "pending"}, None, False),
        ("email,status", {"status": "Unsubscribed"}, "opt-out", False),
        ("email,unsubscribed_at", {"unsubscribed_at": "2024"}, "opt-out", False),
        ("email,email_status", {"email_status": "hard bounce"}, "hard bounce", True),
    ],
)
def test_who_left_there_is_stopped_here(
    header: str, cells: dict[str, str], reason: str | None, everywhere: bool
) -> None:
    found = stop(columns(header), **cells)
    assert found is not None
    assert (found.reason, found.everywhere) == (reason, everywhere)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (MAILCHIMP, {}),
        (KLAVIYO, {"email_marketing_consent": "SUBSCRIBED", "email_suppressions": "[]"}),
        (GHOST, {"subscribed_to_emails": "true"}),
        (SUBSTACK, {"email_disabled": "false"}),
        (LISTMONK, {"status": "enabled"}),
        (SENDGRID, {}),
        ("email,tipsheet_state", {"tipsheet_state": "confirmed"}),
        ("email,status", {"status": "gold"}),
    ],
)
def test_who_did_not_is_not(header: str, cells: dict[str, str]) -> None:
    assert stop(columns(header), **cells) is None


def test_a_column_may_be_said_to_be_another_or_nothing() -> None:
    found = columns("Mail,Vorname,Status,Internal", Mail="email", Vorname="first_name", Status="plan", Internal="-")
    assert found.fixed == {"email": 0, "first_name": 1}
    assert found.custom == {"plan": 2}
    assert found.rules == ()
    assert found.left_out == ("Internal",)


@pytest.mark.parametrize("title", ["zone", "timezone", "Time zone", "Time-Zone", "TimeZone", "tz", "TZ"])
def test_a_zone_goes_by_several_names(title: str) -> None:
    assert columns(f"email,{title}").fixed == {"email": 0, "zone": 1}
    assert columns(f"email,{title}", **{title: "timezone"}).custom == {"timezone": 1}
    if title != "zone":
        with pytest.raises(BadInput, match="the column zone more than once"):
            columns(f"email,zone,{title}")


def test_columns_that_could_be_people_or_stops_are_asked_about() -> None:
    with pytest.raises(BadInput, match="--as plain or --as sendgrid-unsubscribes"):
        columns("email,created")
    assert columns("email,created", named="plain").custom == {"created": 1}
    assert columns("email,created", named="sendgrid-unsubscribes").export.all_stopped is not None
    with pytest.raises(BadInput, match="no export that is known"):
        columns("email", named="hotmail")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("name,city", "No column is email"),
        ("email,email", "email more than once"),
        ("email,City,city", "city more than once"),
        ("email,,city", "Column 2"),
        ("email,2nd", "2nd"),
        ("email,segment in", "segment in"),
        ("ann@example.com,Ann", "first line holds an address"),
    ],
)
def test_columns_that_cannot_be_taken_are_named(header: str, words: str) -> None:
    if words == "segment in":
        assert columns(header).custom == {"segment_in": 1}
        return
    with pytest.raises(BadInput, match=words):
        columns(header)


def test_a_column_that_is_said_to_be_something_has_to_be_there() -> None:
    with pytest.raises(BadInput, match="'Vorname', which is not in the file"):
        columns("email,name", Vorname="first_name")


def test_what_an_import_left_out_comes_back_with_its_own_columns_only() -> None:
    found = columns(f"{GHOST},tipsheet_line,tipsheet_outcome,tipsheet_reason")
    assert found.export.name == "ghost"
    assert found.is_defused
    assert not columns(GHOST).is_defused


def test_every_export_has_a_column_of_addresses_and_rules_over_columns_it_leaves_out() -> None:
    for export in (*EXPORTS, PLAIN):
        titles = [
            *dict.fromkeys([*export.titles, "email" if "email_address" not in export.titles else "email_address"])
        ]
        assert "email" in read_columns(titles, {}, export.name).fixed
        for rule in export.rules:
            assert export is PLAIN or export.fields[rule.title] == ""
