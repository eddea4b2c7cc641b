"""The page is whole in itself, says in tables what it draws, and holds nobody's address."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path

import pytest
from lxml import html as lxml_html

from base.config import TemplatesConfig
from base.errors import Refused
from campaigns import content
from campaigns.colours import mix, theme
from campaigns.report.charts import HIGH, WIDE, hours_chart, parts
from campaigns.report.page import page
from campaigns.report.rates import percent, rates
from campaigns.report.report import Hour
from delivery.results import Reactions
from tests.support.report import CONFIG, COUNTS, REACTED, sample_page, sample_report

FILL = re.compile(r"\.p-(\w+) { fill: ((?:var|color-mix)\(.*\)); }")


def test_nothing_is_loaded_from_anywhere_and_nothing_runs() -> None:
    whole = sample_page()
    found = lxml_html.document_fromstring(whole)
    assert found.xpath("//script | //link | //img | //iframe | //object | //*[@src] | //*[@onclick]") == []
    assert re.findall(r"url\((?!#)|@import", whole) == []
    assert "default-src 'none'" in whole
    assert "@example.com" not in whole


def test_every_drawing_has_a_name_or_is_decoration_beside_a_number() -> None:
    found = lxml_html.document_fromstring(sample_page())
    for drawing in found.xpath("//svg"):
        named = drawing.get("role") == "img" and drawing.find("title") is not None
        assert named or drawing.get("aria-hidden") == "true"
    assert len(found.xpath("//details//tbody/tr")) == 48


def test_the_numbers_stand_with_what_they_are_a_part_of() -> None:
    text = " ".join(lxml_html.document_fromstring(sample_page()).text_content().split())
    for words in (
        "4,312 of 9,804 delivered with open tracking",
        "3 of 12,246 delivered",
        "12,431 of 12,480 recipients",
        "0.02%",
        "44.0%",
    ):
        assert words in text
    assert "not the last numbers" not in text


def test_what_is_uncertain_or_waits_stands_above_everything() -> None:
    counts = replace(COUNTS, accepted=COUNTS.accepted - 1500, uncertain=1000, planned=500)
    found = replace(sample_report(), state="needs_attention", rates=rates(counts, REACTED))
    text = " ".join(lxml_html.document_fromstring(page(found, CONFIG)).text_content().split())
    assert (
        "500 of 12,480 people have not been mailed yet, of 1,000 it is uncertain whether their mail was taken" in text
    )
    assert "needs attention" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_of_the_bar_has_a_colour_of_its_own(scheme: str) -> None:
    palette = asdict(getattr(theme(content.brand(CONFIG.brand).colours), scheme))
    shades = {**palette, "second": palette["offer_accent"]}
    found = {name: shade(fill, shades) for name, fill in FILL.findall(sample_page())}
    names = {rate.name.split()[0] for rate in rates(COUNTS, REACTED) if rate.of_what in ("recipients", "accepted")}
    assert found.keys() | {"uncertain"} == names - {"accepted"}  # what is uncertain has stripes
    for (one, its), (other, others) in combinations(found.items(), 2):
        apart = max(abs(int(its[n : n + 2], 16) - int(others[n : n + 2], 16)) for n in (1, 3, 5))
        assert apart > 20, f"{one} looks like {other}"


def shade(fill: str, shades: dict[str, str]) -> str:
    """What `var(--a)` or `color-mix(in srgb, var(--a) 40%, var(--b))` comes to."""
    names, share = re.findall(r"--(\w+)", fill), re.findall(r"(\d+)%", fill)
    return mix(shades[names[0]], shades[names[1]], int(share[0]) / 100) if share else shades[names[0]]


def test_a_report_of_which_nothing_was_told_says_so() -> None:
    untold = rates(replace(COUNTS, delivered=0, no_news=COUNTS.accepted), Reactions(0, 0, 0, 0, 0, 0))
    quiet = tuple(Hour(n, 0, 0) for n in range(48))
    empty = replace(sample_report(), rates=untold, hours=quiet, links=(), came_back=(), beside=())
    whole = page(empty, CONFIG)
    assert "not followed" in whole
    assert "The first 48 hours" not in whole


def test_where_nobody_agreed_that_opening_is_seen_the_page_says_so() -> None:
    unseen = replace(REACTED, opened=0, opened_by_machine=0, seen=0)
    whole = page(replace(sample_report(), rates=rates(COUNTS, unseen)), CONFIG)
    assert "nobody had agreed to it" in whole


def test_a_hostile_subject_stays_words() -> None:
    whole = page(replace(sample_report(), subject='<img src=x onerror="alert(1)">'), CONFIG)
    assert "<img" not in whole


def test_a_page_of_your_own_is_taken_and_one_that_fails_is_named(tmp_path: Path) -> None:
    own = replace(CONFIG, templates=TemplatesConfig(path=tmp_path))
    (tmp_path / "report").mkdir()
    (tmp_path / "report/campaign.html").write_text("{{ report.slug }} {{ rates['opened'].share | percent }}")
    assert page(sample_report(), own) == "december 44.0%"
    (tmp_path / "report/campaign.html").write_text("{{ nothing }}")
    with pytest.raises(Refused, match=r"campaign\.html does not work: 'nothing' is undefined"):
        page(sample_report(), own)


def test_a_chart_keeps_its_marks_inside_and_shows_whoever_is_there() -> None:
    begins = sample_report().launched_at
    chart = hours_chart([1234, 1, *[0] * 46], begins, "Europe/Berlin")
    assert chart is not None
    assert [column.high for column in chart.columns[1:3]] == [1, 0]
    assert max(column.high for column in chart.columns) <= HIGH
    assert [tick.words for tick in chart.ups] == ["0", "500", "1,000", "1,500"]
    assert chart.times[0].words == "Tue 18:00"
    assert hours_chart([0] * 48, begins, "UTC") is None
    found = parts(sample_report().rates)
    assert sum(each.people for each in found) == COUNTS.audience
    assert found[-1].x + found[-1].wide == pytest.approx(WIDE, abs=0.1)


@pytest.mark.parametrize(
    ("share", "words"), [(None, "–"), (0, "0.0%"), (0.0004, "0.04%"), (0.0123, "1.2%"), (1, "100.0%")]
)
def test_small_shares_keep_their_digits(share: float | None, words: str) -> None:
    assert percent(share) == words
