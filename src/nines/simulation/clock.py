"""Times of a working day in a time zone, and the better and worse parts of a history."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from nines.simulation.truth import Scenario


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone as the locked package tzdata knows it: machines' own rules differ."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def at_local(day: date, seconds: int, zone: str) -> datetime:
    """Return the UTC instant (naive) at which the clocks of a zone show so many seconds of a day.

    A wall time that the change to summer time leaves out is read with the offset before the change.
    """
    wall = datetime.combine(day, time(), zone_of(zone)) + timedelta(seconds=seconds)
    return wall.astimezone(UTC).replace(tzinfo=None)


def to_local(moment: datetime, zone: str) -> datetime:
    """Return a UTC instant (naive) as a local time that knows its offset."""
    return moment.replace(tzinfo=UTC).astimezone(zone_of(zone))


def quarter_start(day: date) -> date:
    """Return the first day of the quarter a day is in."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def last_whole_quarter_start(scenario: Scenario) -> date:
    """Return the first day of the newest quarter that is over when the history ends."""
    return quarter_start(quarter_start(scenario.end_at.date()) - timedelta(days=1))


def trouble_permille(scenario: Scenario, day: date) -> int:
    """Return how much goes wrong on a day, 1000 being usual.

    The story: the quarter before the last whole one was bad, and the last one is better.
    """
    last = last_whole_quarter_start(scenario)
    if day >= last:
        return 600
    if day >= quarter_start(last - timedelta(days=1)):
        return 1400
    return 1000
