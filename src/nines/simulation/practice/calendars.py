"""Working days, months and quarters of a simulated company."""

from datetime import date, datetime, time, timedelta

from nines.simulation.clock import at_local, quarter_start, to_local

MORNING = 9 * 60  # minutes of a local day
NOON = 12 * 60
AFTERNOON = 13 * 60
EVENING = 18 * 60


def utc_at(day: date, minute: int, zone: str) -> datetime:
    """Return the UTC instant of a minute of a local day."""
    return at_local(day, minute * 60, zone)


def local_date(moment: datetime, zone: str) -> date:
    """Return which day it was somewhere at a UTC instant."""
    return to_local(moment, zone).date()


def same_clock(moment: datetime, day: date, zone: str) -> datetime:
    """Return the UTC instant at which local clocks show the moment's time on another day."""
    clock = to_local(moment, zone)
    seconds = clock.hour * 3600 + clock.minute * 60 + clock.second
    return at_local(day, seconds, zone)


def weekday_from(day: date) -> date:
    """Return the day, or the Monday after it when it is a Saturday or Sunday."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def weekday_after(day: date, count: int) -> date:
    """Return the count-th Monday-to-Friday day strictly after a day; holidays are not known."""
    for _ in range(count):
        day = weekday_from(day + timedelta(days=1))
    return day


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def next_quarter(day: date) -> date:
    """Return the first day of the quarter after a day's."""
    return quarter_start(quarter_start(day) + timedelta(days=95))


def quarters_between(start: datetime, end: datetime) -> list[date]:
    """Return the first day of each quarter that has a part in [start, end)."""
    quarters = [quarter_start(start.date())]
    while midnight(next_quarter(quarters[-1])) < end:
        quarters.append(next_quarter(quarters[-1]))
    return quarters


def midnight(day: date) -> datetime:
    """Return the UTC instant a day begins."""
    return datetime.combine(day, time())
