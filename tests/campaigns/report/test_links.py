"""Links and who clicked on them: by what stands in the mail, never by what stands in one person's."""

from __future__ import annotations

from campaigns.report.links import ELSEWHERE, Link, clicked
from delivery.slots import Message, Place, Slot

SITE = "https://larkfield.example.com"
PUBLIC = "https://tips.example.com"
NAME = Slot("tok1name", "subscriber.first_name", Place.URL)
PORTAL = Slot("tok2portal", "subscriber.portal", Place.URL)
BRANCH = Slot("tok3branch", "subscriber.vip", Place.TEXT, branches=(f'<a href="{SITE}/vip">For you</a>', ""))
LEAVE = Slot("tok4leave", "links.unsubscribe", Place.URL)
HTML = f"""<html><body>
<a href="{SITE}/knees?utm_source=tips&amp;x=1"><img src="i.png" alt="A wooden stair"></a>
<a href="{SITE}/knees?utm_source=tips&amp;x=1">Read the whole article</a>
<a href="{SITE}/hello?for=tok1name">Hello tok1name</a> <a href="tok2portal">Your portal</a> tok3branch
<a href="tel:+15550100">Call</a> <a href="tok4leave">Unsubscribe</a></body></html>"""
MAIL = Message("Tips", HTML, "Tips", (NAME, PORTAL, BRANCH, LEAVE))


def test_every_link_is_shown_the_most_clicked_first_and_none_twice() -> None:
    found = clicked(MAIL, PUBLIC, {f"{SITE}/vip": [1, 2, 2], f"{SITE}/knees?utm_source=tips&x=1": [1]})
    assert found == (
        Link("For you", f"{SITE}/vip", 2, 3),
        Link("A wooden stair", f"{SITE}/knees?utm_source=tips&x=1", 1, 1),
        Link("Hello …", f"{SITE}/hello?for=…", 0, 0),
    )


def test_what_differs_from_person_to_person_is_one_link_and_is_not_shown() -> None:
    urls = {f"{SITE}/hello?for=Ann": [1], f"{SITE}/hello?for=Bob%20B": [2]}
    first = clicked(MAIL, PUBLIC, urls)[0]
    assert first == Link("Hello …", f"{SITE}/hello?for=…", 2, 2)


def test_our_own_pages_and_unknown_addresses_show_no_token() -> None:
    urls = {f"{PUBLIC}/u/SECRET1": [1], f"{PUBLIC}/u/SECRET2": [2, 2], "https://portal.example.com/ann": [3]}
    found = clicked(MAIL, PUBLIC, urls)
    assert found[:2] == (Link("Unsubscribe", "", 2, 3), Link(ELSEWHERE, "", 1, 1))
    assert "SECRET" not in repr(found)
    assert "portal" not in repr(found)


def test_a_mail_without_links_has_none() -> None:
    assert clicked(Message("Tips", "<p>Tips</p>", "Tips", ()), PUBLIC, {}) == ()
