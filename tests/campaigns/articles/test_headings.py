from __future__ import annotations

import pytest

from campaigns.articles.headings import looks


@pytest.mark.parametrize(
    "text",
    [
        "Common Causes of Back Pain During Workouts",
        "Conclusion",
        "COMMON CAUSES",
        "Warm-Up vs. Cool-Down: What to Do",
        "Why Does My Knee Hurt?",
        "Take Control of Your Knees—Start Today",
        "10 Minutes to a Better Back",
        "What to Bring:",
        "Über Knie und Hüften",
        "A Day With Dr. Quill",
    ],
)
def test_a_line_like_a_title_looks_strong(text: str) -> None:
    assert looks(text) == "strong"


@pytest.mark.parametrize(
    "text", ["Common causes of back pain", "Why does my knee hurt?", "Should I rest at night?", "膝の痛み"]
)
def test_a_short_line_that_nobody_ended_looks_weak(text: str) -> None:
    assert looks(text) == "weak"


@pytest.mark.parametrize(
    "text",
    [
        "Book a Free Visit Today!",
        "Book a Free Visit Today",
        "Read More »",
        "Contact Us",
        "Walking is free.",
        "Walk More. Sit Less",
        "We are open until six on weekdays",
        "If you notice any of these:",
        "Are you ready?",
        "Ready, Steady,",
        "By Robin Larkfield",
        "March 3, 2026",
        "Updated 3 March 2026",
        "5 min read",
        "Call 555-0100",
        "www.example.com",
        "desk@example.com",
        "lower case words",
        "12 – 13",
        "Word " * 15,
        "",
    ],
)
def test_anything_else_is_no_heading(text: str) -> None:
    assert looks(text) == "none"
