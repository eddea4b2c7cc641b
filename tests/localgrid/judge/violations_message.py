"""More of violations.py: what a request can get wrong at message level."""

from __future__ import annotations

from tests.localgrid.judge.violations import BAD, FILE, both, drop, put, v

TEXT = {"type": "text/plain", "value": "a"}
HTML = {"type": "text/html", "value": "<p>a</p>"}
M, T = "mail_settings", "tracking_settings"

CONTENT = [
    v("no from", drop("from"), "from", covers="from#1"),
    v("from without email", put("from", {"name": "A"}), "from.email", covers="from#0"),
    v("from invalid", put("from.email", BAD), "from.email"),
    v("from beyond ASCII", put("from.email", "größe@example.com"), "from.email"),
    v("from name beyond ASCII", put("from.name", "Größe"), "from.name"),
    v("from no object", put("from", "news@example.com"), "from"),
    v("reply_to invalid", put("reply_to", {"email": BAD}), "reply_to.email", covers="reply_to#0"),
    v("reply_to and reply_to_list", put("reply_to_list", [{"email": "r@example.com"}]), "reply_to_list"),
    v(
        "reply_to_list twice",
        both(drop("reply_to"), put("reply_to_list", [{"email": "r@example.com"}] * 2)),
        "reply_to_list",
    ),
    v("reply_to_list no list", both(drop("reply_to"), put("reply_to_list", "r@example.com")), "reply_to_list"),
    v(
        "1001 to reply to",
        both(drop("reply_to"), put("reply_to_list", [{"email": f"r{n}@example.com"} for n in range(1001)])),
        "reply_to_list",
    ),
    v("no subject", drop("subject"), "subject", covers="subject#1"),
    v("subject empty", put("subject", ""), "subject", covers="subject#0"),
    v("subject number", put("subject", 5), "subject"),
    v("no content", drop("content"), "content", covers="content#0"),
    v("content empty", put("content", []), "content", covers="content#1"),
    v("content no list", put("content", "a"), "content"),
    v("content without type", put("content", [{"value": "a"}]), "content.0.type", covers="content.type#0"),
    v("content type empty", put("content", [{"type": "", "value": "a"}]), "content.0.type", covers="content.type#2"),
    v(
        "content type with charset",
        put("content", [{"type": "text/html; charset=utf-8", "value": "a"}]),
        "content.0.type",
        covers="content.type#3",
    ),
    v("content type with CRLF", put("content", [{"type": "text/html\r\nX: y", "value": "a"}]), "content.0.type"),
    v("content without value", put("content", [{"type": "text/html"}]), "content.0.value", covers="content.value#0"),
    v(
        "content value empty",
        put("content", [{"type": "text/html", "value": ""}]),
        "content.0.value",
        covers="content.value#1 content.type#1",
    ),
    v("HTML before text", put("content", [HTML, TEXT]), "content.1.value", covers="content.value#2"),
    v("AMP before HTML", put("content", [TEXT, {"type": "text/x-amp-html", "value": "a"}, HTML]), "content.2.value"),
    v("attachments no list", put("attachments", FILE), "attachments"),
    v(
        "no base64",
        put("attachments", [{**FILE, "content": "!"}]),
        "attachments.0.content",
        covers="attachments.content#0",
    ),
    v(
        "no file",
        put("attachments", [{**FILE, "content": ""}]),
        "attachments.0.content",
        covers="attachments.content#1",
    ),
    v(
        "content_id number",
        put("attachments", [{**FILE, "content_id": 5}]),
        "attachments.0.content_id",
        covers="attachments.content_id#0",
    ),
    v(
        "content_id with CRLF",
        put("attachments", [{**FILE, "content_id": "a\r\nb"}]),
        "attachments.0.content_id",
        covers="attachments.content_id#1",
    ),
    v(
        "disposition unknown",
        put("attachments", [{**FILE, "disposition": "shown"}]),
        "attachments.0.disposition",
        covers="attachments.disposition#0",
    ),
    v(
        "filename number",
        put("attachments", [{**FILE, "filename": 5}]),
        "attachments.0.filename",
        covers="attachments.filename#0",
    ),
    v(
        "filename with CRLF",
        put("attachments", [{**FILE, "filename": "a\nb"}]),
        "attachments.0.filename",
        covers="attachments.filename#1",
    ),
    v(
        "no filename",
        put("attachments", [{"content": "aGk="}]),
        "attachments.0.filename",
        covers="attachments.filename#2",
    ),
    v("file type empty", put("attachments", [{**FILE, "type": ""}]), "attachments.0.type", covers="attachments.type#0"),
    v(
        "file type with ;",
        put("attachments", [{**FILE, "type": "a;b"}]),
        "attachments.0.type",
        covers="attachments.type#1",
    ),
    v("template number", put("template_id", 5), "template_id", covers="template_id#0"),
    v("template unknown", put("template_id", "nobody"), "template_id", covers="template_id#1 template_id#2"),
]

OPTIONS = [
    v("unknown key", put("template", "x"), "template"),
    v("asm no object", put("asm", 5), "asm"),
    v("group text", put("asm", {"group_id": "7"}), "asm.group_id", covers="asm.group_id#0"),
    v("group unknown", put("asm", {"group_id": 8}), "asm.group_id", covers="asm.group_id#1"),
    v("group missing", put("asm", {}), "asm.group_id"),
    v(
        "groups to display text",
        put("asm", {"group_id": 7, "groups_to_display": ["7"]}),
        "asm.groups_to_display",
        covers="asm.groups_to_display#0",
    ),
    v(
        "groups to display unknown",
        put("asm", {"group_id": 7, "groups_to_display": [8]}),
        "asm.groups_to_display",
        covers="asm.groups_to_display#1",
    ),
    v(
        "26 groups to display",
        put("asm", {"group_id": 7, "groups_to_display": [7] * 26}),
        "asm.groups_to_display",
        covers="asm.groups_to_display#2",
    ),
    v("batch number", put("batch_id", 5), "batch_id", covers="batch_id#0"),
    v("batch unknown", put("batch_id", "nobody"), "batch_id"),
    v("11 categories", put("categories", [f"c{n}" for n in range(11)]), "categories", covers="categories#0"),
    v("category number", put("categories", [5]), "categories", covers="categories#1"),
    v("categories text", put("categories", "news"), "categories"),
    v("category of 256", put("categories", ["c" * 256]), "categories.0", covers="categories#2"),
    v("category twice", put("categories", ["a", "a"]), "categories", covers="categories#3"),
    v("category beyond ASCII", put("categories", ["ä"]), "categories.0", covers="categories#4"),
    v("pool number", put("ip_pool_name", 5), "ip_pool_name", covers="ip_pool_name#0"),
    v("pool unknown", put("ip_pool_name", "nobody"), "ip_pool_name", covers="ip_pool_name#1"),
    v("pool of one letter", put("ip_pool_name", "p"), "ip_pool_name"),
    v("pool with a leading dot", put("ip_pool_name", ".pool"), "ip_pool_name"),
    v("section number", put("sections", {"-a-": 5}), "sections", covers="sections#0"),
    v(
        "bypass combined",
        both(
            put(f"{M}.bypass_list_management", {"enable": True}), put(f"{M}.bypass_spam_management", {"enable": True})
        ),
        f"{M}.bypass_spam_management",
    ),
    v("bcc without address", put(f"{M}.bcc", {"enable": True}), f"{M}.bcc.email", covers=f"{M}.bcc.email#1"),
    v("bcc address number", put(f"{M}.bcc", {"email": 5}), f"{M}.bcc.email", covers=f"{M}.bcc.email#0"),
    v(
        "spam check without url and threshold",
        put(f"{M}.spam_check", {"enable": True}),
        f"{M}.spam_check.post_to_url",
        f"{M}.spam_check.threshold",
        covers=f"{M}.spam_check.post_to_url#1 {M}.spam_check.threshold#1",
    ),
    v(
        "spam check with ftp and 11",
        put(f"{M}.spam_check", {"enable": True, "post_to_url": "ftp://example.com", "threshold": 11}),
        f"{M}.spam_check.post_to_url",
        f"{M}.spam_check.threshold",
        covers=f"{M}.spam_check.post_to_url#2 {M}.spam_check.threshold#0",
    ),
    v("mail_settings no object", put(M, []), M),
    v("mail setting unknown", put(f"{M}.sandbox", {}), f"{M}.sandbox"),
    v("tracking setting no object", put(f"{T}.open_tracking", True), f"{T}.open_tracking"),
]

_BOOLEANS = (
    [f"{M}.{name}.enable" for name in ("bcc", "bypass_list_management", "footer", "sandbox_mode", "spam_check")]
    + [f"{M}.bypass_{name}_management.enable" for name in ("spam", "bounce", "unsubscribe")]
    + [f"{T}.{name}.enable" for name in ("click_tracking", "ganalytics", "open_tracking", "subscription_tracking")]
    + [f"{T}.click_tracking.enable_text"]
)
_STRINGS = (
    [f"{M}.footer.html", f"{M}.footer.text", f"{M}.spam_check.post_to_url", f"{T}.open_tracking.substitution_tag"]
    + [f"{T}.ganalytics.utm_{name}" for name in ("campaign", "content", "medium", "source", "term")]
    + [f"{T}.subscription_tracking.{name}" for name in ("html", "substitution_tag", "text")]
)
SWITCHES = [
    *(v(f"{field} text", put(field, "true"), field, covers=f"{field}#0") for field in _BOOLEANS),
    *(v(f"{field} number", put(field, 5), field, covers=f"{field}#0") for field in _STRINGS),
]
