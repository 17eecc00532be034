"""Weeks from Monday, months and quarters in UTC, half-open and without gaps."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

GRAINS = ("week", "month", "quarter")


@dataclass(frozen=True)
class Period:
    """The days from `first_day` up to, not including, `next_day`."""

    grain: str
    first_day: date
    next_day: date

    @property
    def start_at(self) -> datetime:
        return datetime.combine(self.first_day, time())

    @property
    def end_at(self) -> datetime:
        return datetime.combine(self.next_day, time())

    def holds(self, moment: datetime | None) -> bool:
        """Return whether the instant is in the period; nothing is not."""
        return moment is not None and self.start_at <= moment < self.end_at

    def days(self) -> list[date]:
        """Return each day of the period."""
        count = (self.next_day - self.first_day).days
        return [self.first_day + timedelta(days=number) for number in range(count)]


def period_of(grain: str, day: date) -> Period:
    """Return the week, month or quarter that holds the day."""
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(grain, monday, monday + timedelta(days=7))
    months = {"month": 1, "quarter": 3}[grain]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(grain, first, _months_later(first, months))


def periods_between(grain: str, first: datetime, last: datetime) -> list[Period]:
    """Return the period that holds the first instant, and all to the one that holds the last."""
    if first > last:
        return []
    period = period_of(grain, first.date())
    periods = [period]
    while period.end_at <= last:
        period = period_of(grain, period.next_day)
        periods.append(period)
    return periods


def period_before(period: Period) -> Period:
    return period_of(period.grain, period.first_day - timedelta(days=1))


def year_before(period: Period) -> Period:
    """Return the same month or quarter of the year before, or the week 52 weeks before."""
    if period.grain == "week":
        return period_of("week", period.first_day - timedelta(weeks=52))
    return period_of(period.grain, period.first_day.replace(year=period.first_day.year - 1))


def _months_later(first: date, months: int) -> date:
    passed = first.month - 1 + months
    return date(first.year + passed // 12, passed % 12 + 1, 1)
