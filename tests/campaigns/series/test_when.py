"""Words to rules, and back; and what is no rule is refused with a sentence that points at the word."""

from __future__ import annotations

from datetime import date, time
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import BadInput
from campaigns.series.rule import LAST, WEEKDAYS, Monthly, Pick, Rule, Weekly, dates
from campaigns.series.when import parse
from campaigns.series.words import describe, notes

NEW_YEAR = date(2027, 1, 1)


def first_dates(words: str, count: int = 4, start: date = NEW_YEAR) -> list[str]:
    return [f"{day:%m-%d}" for day in islice(dates(parse(words), start, start), count)]


@pytest.mark.parametrize(
    ("words", "said", "expected"),
    [
        ("first tuesday 09:00", "the first Tuesday of the month at 09:00", "01-05 02-02 03-02 04-06"),
        ("last weekday 5pm", "the last weekday of the month at 17:00", "01-29 02-26 03-31 04-30"),
        ("first weekday 09:00", "the first weekday of the month at 09:00", "01-01 02-01 03-01 04-01"),
        ("15th 09:00", "the 15th of the month at 09:00", "01-15 02-15 03-15 04-15"),
        ("last day 12:00", "the last day of the month at 12:00", "01-31 02-28 03-31 04-30"),
        ("31st 8am", "the 31st of the month at 08:00", "01-31 02-28 03-31 04-30"),
        ("30th and last day 8am", "the last day and the 30th of the month at 08:00", "01-30 01-31 02-28 03-30"),
        ("fifth tuesday 09:00", "the fifth Tuesday of the month at 09:00", "03-30 06-29 08-31 11-30"),
        ("every thursday at 09:00", "every Thursday at 09:00", "01-07 01-14 01-21 01-28"),
        ("every 2 weeks on thursday 9:05", "every 2 weeks on Thursday at 09:05", "01-07 01-21 02-04 02-18"),
        ("every other thu 9 am", "every 2 weeks on Thursday at 09:00", "01-07 01-21 02-04 02-18"),
        ("Every Two Weeks On Mon, Fri 12am", "every 2 weeks on Monday and Friday at 00:00", "01-01 01-11 01-15 01-25"),
        ("every weekday 12pm", "every weekday at 12:00", "01-01 01-04 01-05 01-06"),
        ("every day 07:00", "every day at 07:00", "01-01 01-02 01-03 01-04"),
        (
            "second and fourth monday 09:00",
            "the second and fourth Monday of the month at 09:00",
            "01-11 01-25 02-08 02-22",
        ),
        ("on the 2nd and 4th mon of each month 09:00", None, "01-11 01-25 02-08 02-22"),
        ("1st, 15th 09:00", "the 1st and 15th of the month at 09:00", "01-01 01-15 02-01 02-15"),
        (
            "15th and last friday 09:00",
            "the last Friday and the 15th of the month at 09:00",
            "01-15 01-29 02-15 02-26",
        ),
    ],
)
def test_words_become_dates(words: str, said: str | None, expected: str) -> None:
    assert first_dates(words) == expected.split()
    assert said is None or describe(parse(words)) == said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("frist tuesday 09:00", r"The word 'frist' \(did you mean first\?\) cannot stand there"),
        ("first tuesdy 09:00", r"'tuesdy' \(did you mean tuesday\?\).*say the first what"),
        ("first tuesday", "After 'first tuesday' something is missing: the time of day"),
        ("", "After '' something is missing: say which day"),
        ("first 09:00", "'09:00' cannot stand there: say the first what"),
        ("tuesday 09:00", "'tuesday' cannot stand there: say which day"),
        ("32nd 09:00", "'32nd' cannot stand there: a month has the days 1st to 31st"),
        ("0th 09:00", "'0th'"),
        ("15th tuesday 09:00", "'tuesday' cannot stand there: no month has a 15th tuesday"),
        ("first tuesday 25:00", "'25:00' cannot stand there: no clock"),
        ("first tuesday 13pm", "'13pm' cannot stand there: no clock"),
        ("first tuesday 0am", "'0am' cannot stand there: no clock"),
        ("first tuesday 9", "'9' cannot stand there: the time of day is due"),
        ("first tuesday 09:00 please", "'please' cannot stand there: the time ends"),
        ("every 2 months on monday 09:00", "'months'.*only weeks can be counted"),
        ("every 0 weeks on monday 09:00", "'0' cannot stand there: give between 1 and 52 weeks"),
        ("every 99999999999 weeks on monday 09:00", "give between 1 and 52"),
        ("every ² weeks on monday 09:00", "'²' cannot stand there"),
        ("every 2 weeks 09:00", "'09:00' cannot stand there: a day of the week is due"),
        ("first tuesday of march 09:00", "'march' cannot stand there"),
    ],
)
def test_what_is_no_rule_is_refused_and_the_word_is_named(words: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        parse(words)
    assert "\n" not in refused.value.sentence


def test_what_staff_should_know_is_said() -> None:
    assert notes(parse("31st 09:00"), NEW_YEAR, date(2027, 6, 30)) == ["in a shorter month the 31st means its last day"]
    fifth = notes(parse("fifth tuesday 09:00"), NEW_YEAR, date(2027, 4, 1))
    assert fifth == ["months without a fifth Tuesday are left out: January 2027, February 2027, April 2027"]
    assert notes(parse("first tuesday 09:00"), NEW_YEAR, date(2027, 6, 30)) == []
    assert notes(parse("every tuesday 09:00"), NEW_YEAR, date(2027, 6, 30)) == []


def test_every_second_week_is_counted_from_the_start_whatever_is_asked_first() -> None:
    rule = parse("every 2 weeks on thursday 09:00")
    whole = list(islice(dates(rule, NEW_YEAR, NEW_YEAR), 200))
    for first in whole[:60:7]:
        assert next(dates(rule, NEW_YEAR, first)) == first
    assert all((after - before).days == 14 for before, after in pairwise(whole))


numbers = st.sampled_from([1, 2, 3, 4, 5, LAST])
picks = st.builds(Pick, numbers, st.sampled_from([*WEEKDAYS, "weekday"])) | st.builds(
    Pick, st.integers(1, 31) | st.just(LAST), st.just("day")
)
weekly = st.builds(
    Weekly, st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))), st.integers(1, 52)
)
monthly = st.lists(picks, min_size=1, max_size=5).map(lambda found: Monthly(tuple(found)))
rules = st.builds(Rule, monthly | weekly, st.times().map(lambda at: time(at.hour, at.minute)))


@given(rules)
def test_a_rule_in_words_means_the_same_dates(rule: Rule) -> None:
    understood = parse(describe(rule))
    assert understood.at == rule.at
    start = date(2027, 1, 1)
    assert list(islice(dates(understood, start, start), 30)) == list(islice(dates(rule, start, start), 30))
    assert describe(understood) == describe(parse(describe(understood)))


@given(rules, st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_dates_are_the_same_wherever_one_begins_to_look(rule: Rule, start: date, later: int) -> None:
    whole = list(islice(dates(rule, start, start), 40))
    assert whole == sorted(set(whole))
    first = start.fromordinal(start.toordinal() + later)
    rest = [day for day in whole if day >= first]
    assert list(islice(dates(rule, start, first), len(rest))) == rest


def test_the_end_of_the_calendar_is_an_end() -> None:
    assert len(list(dates(parse("first tuesday 09:00"), NEW_YEAR, date(9998, 11, 1)))) == 2
    assert len(list(dates(parse("every tuesday 09:00"), NEW_YEAR, date(9998, 12, 1)))) >= 4


@given(st.text(alphabet="firstluedayvy 0123456789:,apmwkon²", max_size=30))
def test_anything_is_understood_or_refused(words: str) -> None:
    try:
        rule = parse(words)
    except BadInput:
        return
    assert parse(describe(rule)) == rule
