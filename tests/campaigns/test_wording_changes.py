"""What would be said otherwise stands line by line, with slots as people know them."""

from __future__ import annotations

from campaigns.wording_changes import differences
from delivery.slots import Message, Place, Slot


def mail(subject: str, text: str, *, slot: str = "t1a2b", preheader: str = "Knees") -> Message:
    html = f'<html><body><div class="preheader">{preheader}</div><p>{slot}</p></body></html>'
    return Message(subject, html, text.replace("NAME", slot), (Slot(slot, "subscriber.first_name", Place.TEXT),))


def test_only_what_changed_is_shown() -> None:
    before = mail("Kinder knees", "Hello NAME\n\nKnees like company.\nWalk.", slot="one1")
    after = mail("Kinder hips", "Hello NAME\n\nHips like company.\nWalk.", slot="two2", preheader="Hips")
    found = differences(before, after)
    assert found[:2] == ("--- approved", "+++ as it would be made now")
    assert [line for line in found[2:] if line[0] in "+-"] == [
        *("-Subject: Kinder knees", "-Preheader: Knees", "+Subject: Kinder hips", "+Preheader: Hips"),
        *("-Knees like company.", "+Hips like company."),
    ]
    assert "one1" not in repr(found)


def test_a_new_rendering_of_the_same_words_is_no_change() -> None:
    assert differences(mail("Tips", "Hi NAME", slot="one1"), mail("Tips", "Hi NAME", slot="two2")) == ()
