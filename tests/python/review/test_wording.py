"""Numbers read as people write them."""

from datetime import date

import pytest

from nines.wording import (
    Quarter,
    by_unit,
    compared,
    count,
    duration,
    money,
    number,
    relative,
    sentence,
    share,
    shortened,
)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (4_800, "1 h 20 min"),
        (4_980.5, "1 h 23 min"),
        (273_600, "3 d 4 h"),
        (86_400 * 1_200, "1 200 d"),
        (-90, "−1 min"),
        (None, "no data"),
    ],
)
def test_durations_are_written_by_their_two_greatest_units(
    seconds: float | None, text: str
) -> None:
    assert plain(duration(seconds)) == text


def test_money_carries_its_currency() -> None:
    assert plain(money(1234.5)) == "USD 1 234.50"
    assert plain(money(-12345.67, "EUR")) == "−EUR 12 346"


def test_no_data_is_never_zero() -> None:
    assert {write(None) for write in (count, number, money, share, duration)} == {"no data"}
    assert by_unit(None, "ratio") == "no data"
    assert relative(None, 1) == relative(1, None) == relative(1, 0) == ""


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (5, "incidents", "5"),
        (4980, "seconds", "1 h 23 min"),
        (83, "service-minutes", "1 h 23 min"),
        (0, "service-minutes", "0 min"),
        (0.125, "ratio", "12.5 %"),
        (0.9995, "ratio", "99.95 %"),
        (0.214, "deployments per service-day", "0.214 per service-day"),
        (1.5, "USD per thousand requests", "USD 1.50 per thousand requests"),
        (88.25, "score 0 to 100", "88.2"),
    ],
)
def test_kpi_values_are_written_in_their_unit(value: float, unit: str, text: str) -> None:
    assert plain(by_unit(value, unit)) == text


def test_changes_are_said_as_they_are() -> None:
    assert compared(5, 2, "incidents", "2026 Q2") == "up from 2 in 2026 Q2"
    assert compared(2, 2, "incidents", "2026 Q2") == "as in 2026 Q2"
    assert compared(2, None, "incidents", "2025 Q3") == "no data for 2025 Q3 to compare with"
    assert plain(relative(5, 2)) == "+150 %"
    assert plain(relative(0, 2)) == "−100 %"


def test_values_in_sentences_are_text() -> None:
    said = sentence("**{title}** & so on", title="<b>{title}</b>**")
    assert said == "<strong><bdi>&lt;b&gt;{title}&lt;/b&gt;**</bdi></strong> &amp; so on"


def test_long_titles_are_cut_at_a_word() -> None:
    assert shortened("word " * 60, 22) == "word word word word…"
    assert shortened("w" * 300, 20) == "w" * 20 + "…"


def test_quarters_are_half_open_and_count_across_years() -> None:
    quarter = Quarter.named("2026q1")
    assert (quarter.start_date, quarter.end_date) == (date(2026, 1, 1), date(2026, 4, 1))
    assert quarter.later(-1).name == "2025Q4"
    assert Quarter.starting(date(2026, 12, 31)).later(1).name == "2027Q1"
