"""Who gets the mail and what differs for each: the rules of `personalizations`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from localgrid.judge.addresses import address_of, check_address, check_recipients, domain_of
from localgrid.judge.headers import check_custom_args, check_headers, check_sizes, is_strings
from localgrid.judge.problem import Problem, is_integer, unknown_keys, wrong_type

LIMIT = 1000
KINDS = ("to", "cc", "bcc")
_KEYS = frozenset(
    (*KINDS, "from", "subject", "headers", "substitutions", "dynamic_template_data", "custom_args", "send_at")
)


def check_personalizations(message: dict[str, object], now: float) -> Iterator[Problem]:
    several = message.get("personalizations", [])
    if not isinstance(several, list):
        yield wrong_type("personalizations", "array", several)
    elif not several:
        yield Problem("You must have at least one personalization.", "personalizations")
    else:
        if len(several) > LIMIT:
            yield Problem(f"There is a limit of {LIMIT} personalizations per request.", "personalizations")
        for n, one in enumerate(several):
            yield from _check_one(one, f"personalizations.{n}", message, now)
        yield from _check_together([one for one in several if isinstance(one, dict)])


def is_unreadable(message: dict[str, object]) -> bool:
    """Substitutions or custom arguments that are no strings: SendGrid fails before it can name a field."""
    several = message.get("personalizations")
    return any(
        key in one and not is_strings(one[key])
        for one in (several if isinstance(several, list) else ())
        if isinstance(one, dict)
        for key in ("substitutions", "custom_args")
    )


def check_send_at(value: object, field: str, now: float) -> Iterator[Problem]:
    if not is_integer(value):
        yield Problem("The send_at parameter is expecting a Unix timestamp as an integer.", field)
    elif isinstance(value, int) and value > now + 72 * 3600:
        yield Problem("Scheduling more than 72 hours in advance is forbidden.", field)


def _check_one(one: object, field: str, message: dict[str, object], now: float) -> Iterator[Problem]:
    if not isinstance(one, dict):
        yield wrong_type(field, "object", one)
        return
    yield from unknown_keys(one, _KEYS, field)
    if one.get("to", []) == []:
        yield Problem("The to array is required, with at least one valid address.", f"{field}.to")
    for kind in KINDS:
        if one.get(kind, []) != []:
            yield from check_recipients(one[kind], f"{field}.{kind}")
    yield from _check_unique(one, field)
    yield from _check_own(one, field, message, now)


def _check_unique(one: dict[str, object], field: str) -> Iterator[Problem]:
    seen = set()
    for kind in KINDS:
        for address in _addresses(one, kind):
            if address in seen:
                yield Problem(
                    "Each address in a personalization should be unique between to, cc, and bcc; "
                    f"[{address}] stands again in {field}.{kind}.",
                    field,
                )
                return
            seen.add(address)


def _check_own(one: dict[str, object], field: str, message: dict[str, object], now: float) -> Iterator[Problem]:
    if "from" in one:
        yield from check_address(one["from"], f"{field}.from")
        if domain_of(one["from"]) != domain_of(message.get("from")):
            yield Problem("The domain must be the one of the message's from address.", f"{field}.from")
    if "subject" in one and (not isinstance(one["subject"], str) or not one["subject"]):
        yield Problem("The subject must be a string of at least one character.", f"{field}.subject")
    if "headers" in one:
        yield from check_headers(one["headers"], f"{field}.headers")
    if "custom_args" in one:
        yield from check_custom_args(one["custom_args"], f"{field}.custom_args")
    yield from check_sizes(message.get("custom_args"), one.get("custom_args"), one.get("substitutions"), field)
    if "send_at" in one:
        yield from check_send_at(one["send_at"], f"{field}.send_at", now)
    if "substitutions" in one and str(message.get("template_id", "")).startswith("d-"):
        yield Problem("Substitutions may not be used with dynamic templating", f"{field}.substitutions")
    if "dynamic_template_data" in one and not isinstance(one["dynamic_template_data"], dict):
        field = f"{field}.dynamic_template_data"
        yield wrong_type(field, "object", one["dynamic_template_data"])


def _check_together(several: list[dict[str, object]]) -> Iterator[Problem]:
    """What holds over the whole request; an address twice in one personalization was told there."""
    per_person = [[a for kind in KINDS for a in _addresses(one, kind)] for one in several]
    if sum(map(len, per_person)) > LIMIT:
        yield Problem(f"There is a limit of {LIMIT} total recipients (to + cc + bcc) per request.", "personalizations")
    counts = Counter(address for addresses in per_person for address in set(addresses))
    for address, count in counts.items():
        if address and count > 1:
            yield Problem(
                f"Each address in the personalizations should only be included once; {address} stands again.",
                "personalizations",
            )


def _addresses(one: dict[str, object], kind: str) -> list[str]:
    value = one.get(kind)
    return [address_of(recipient) for recipient in value] if isinstance(value, list) else []
