"""How the mail is to be handled: categories, groups, pools, batches, and the two tables of switches."""

from __future__ import annotations

from collections.abc import Container, Iterator

from localgrid.judge.headers import as_object
from localgrid.judge.problem import Problem, is_integer, unknown_keys, wrong_type
from localgrid.settings import Account

_SWITCHES: dict[str, dict[str, dict[str, type]]] = {
    "mail_settings": {
        "bcc": {"enable": bool, "email": str},
        "bypass_list_management": {"enable": bool},
        "bypass_spam_management": {"enable": bool},
        "bypass_bounce_management": {"enable": bool},
        "bypass_unsubscribe_management": {"enable": bool},
        "footer": {"enable": bool, "text": str, "html": str},
        "sandbox_mode": {"enable": bool},
        "spam_check": {"enable": bool, "threshold": int, "post_to_url": str},
    },
    "tracking_settings": {
        "click_tracking": {"enable": bool, "enable_text": bool},
        "open_tracking": {"enable": bool, "substitution_tag": str},
        "subscription_tracking": {"enable": bool, "text": str, "html": str, "substitution_tag": str},
        "ganalytics": {
            "enable": bool,
            **dict.fromkeys(("utm_source", "utm_medium", "utm_term", "utm_content", "utm_campaign"), str),
        },
    },
}
_NAMES: dict[type, str] = {bool: "boolean", str: "string", int: "integer"}


def check_switches(message: dict[str, object]) -> Iterator[Problem]:
    """mail_settings and tracking_settings: the right names, each with the right type."""
    for part, settings in _SWITCHES.items():
        value = message.get(part, {})
        if not isinstance(value, dict):
            yield wrong_type(part, "object", value)
            continue
        yield from unknown_keys(value, settings, part)
        for name in value.keys() & settings.keys():
            yield from _check_switch(value[name], settings[name], f"{part}.{name}")
    yield from _check_mail_settings(as_object(message.get("mail_settings")))


def is_on(message: dict[str, object], part: str, name: str, default: bool = False) -> bool:
    """Whether one switch of a judged message is on; the account's own setting where it says nothing."""
    return bool(as_object(as_object(message.get(part)).get(name)).get("enable", default))


def check_categories(message: dict[str, object]) -> Iterator[Problem]:
    categories = message.get("categories", [])
    if not isinstance(categories, list) or not all(isinstance(one, str) for one in categories):
        yield Problem("Categories must be an array of strings.", "categories")
        return
    if len(categories) > 10:
        yield Problem(f"There is a limit of 10 categories; you provided {len(categories)}.", "categories")
    if len(set(categories)) < len(categories):
        yield Problem("The categories must be a unique list.", "categories")
    for n, one in enumerate(categories):
        if len(one) > 255:
            yield Problem("Each category must not be longer than 255 characters.", f"categories.{n}")
        if not one.isascii():
            yield Problem("Categories can not contain non-ASCII characters.", f"categories.{n}")


def check_asm(message: dict[str, object], account: Account) -> Iterator[Problem]:
    if "asm" not in message:
        return
    asm = message["asm"]
    if not isinstance(asm, dict):
        yield wrong_type("asm", "object", asm)
        return
    group, shown = asm.get("group_id"), asm.get("groups_to_display", [])
    if not is_integer(group):
        yield Problem("The ASM group ID must be an integer.", "asm.group_id")
    elif group not in account.asm_groups:
        yield Problem(f"{group} is no group of your account.", "asm.group_id")
    if not isinstance(shown, list) or not all(is_integer(one) for one in shown):
        yield Problem("The ASM Group IDs to display must be an array of integers.", "asm.groups_to_display")
        return
    if len(shown) > 25:
        yield Problem("There is a limit of 25 groups that can be displayed.", "asm.groups_to_display")
    if foreign := [one for one in shown if one not in account.asm_groups]:
        yield Problem(f"{foreign} are no groups of your account.", "asm.groups_to_display")


def check_pool_and_batch(message: dict[str, object], account: Account, batches: Container[object]) -> Iterator[Problem]:
    if "ip_pool_name" in message:
        yield from _check_pool(message["ip_pool_name"], account)
    batch = message.get("batch_id", "")
    if not isinstance(batch, str):
        yield Problem("The batch_id must be a string.", "batch_id")
    elif "batch_id" in message and batch not in batches:
        yield Problem("invalid batch id", "batch_id")


def check_sections(message: dict[str, object]) -> Iterator[Problem]:
    sections = message.get("sections", {})
    if not isinstance(sections, dict):
        yield wrong_type("sections", "object", sections)
    elif not all(isinstance(text, str) for text in sections.values()):
        yield Problem("The section values must be strings.", "sections")


def _check_switch(value: object, fields: dict[str, type], field: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield wrong_type(field, "object", value)
        return
    yield from unknown_keys(value, fields, field)
    for key in value.keys() & fields.keys():
        kind = fields[key]
        if not isinstance(value[key], kind) or (kind is int and isinstance(value[key], bool)):
            yield wrong_type(f"{field}.{key}", _NAMES[kind], value[key])


def _check_mail_settings(settings: dict[str, object]) -> Iterator[Problem]:
    def on(name: str) -> bool:
        return as_object(settings.get(name)).get("enable") is True

    if on("bypass_list_management"):
        for name in ("bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management"):
            if on(name):
                yield Problem("Cannot be combined with bypass_list_management.", f"mail_settings.{name}")
    if on("bcc") and "email" not in as_object(settings["bcc"]):
        yield Problem("The bcc mail setting needs an address.", "mail_settings.bcc.email")
    if on("spam_check"):
        yield from _check_spam_check(as_object(settings["spam_check"]))


def _check_spam_check(settings: dict[str, object]) -> Iterator[Problem]:
    url, threshold = settings.get("post_to_url"), settings.get("threshold")
    field = "mail_settings.spam_check"
    if url is None:
        yield Problem("The spam check mail setting needs the url to post to.", f"{field}.post_to_url")
    elif not str(url).startswith(("http://", "https://")):
        yield Problem("Must start with http:// or https://.", f"{field}.post_to_url")
    if threshold is None:
        yield Problem("The spam check mail setting needs a threshold.", f"{field}.threshold")
    elif isinstance(threshold, int) and not 1 <= threshold <= 10:
        yield Problem("The spam check threshold is between 1 and 10.", f"{field}.threshold")


def _check_pool(pool: object, account: Account) -> Iterator[Problem]:
    if not isinstance(pool, str):
        yield Problem("The name of your IP pool must be a string.", "ip_pool_name")
    elif not 2 <= len(pool) <= 64 or pool[0] in ". ":
        yield Problem("An IP pool name has 2 to 64 characters and no leading '.' or space.", "ip_pool_name")
    elif pool not in account.ip_pools:
        yield Problem(f"{pool} is no pool of your account.", "ip_pool_name")
