"""Exports by quarter: a file is what was new or had changed, as it stood at the quarter's end."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from nines.simulation.exporting.moments import quarter_name
from nines.simulation.exporting.redelivery import Deliveries, Record
from nines.simulation.truth import Scenario

Thing = TypeVar("Thing")


def by_quarter(
    scenario: Scenario,
    file_name: str,
    things: Iterable[Thing],
    changes: Callable[[Thing], Iterable[datetime]],
    record: Callable[[Thing, datetime], Record],
) -> Deliveries:
    """Return the records of each quarter's file, whose name has the quarter for its braces.

    `changes` gives the instants at which a thing changed, `record` how it stood at an instant. A
    thing that changes in two quarters is in both files.
    """
    deliveries: Deliveries = {}
    ends: dict[str, datetime] = {}
    moment = scenario.start_at
    while moment <= scenario.end_at:
        quarter = quarter_name(moment)
        deliveries[file_name.format(quarter)] = []
        moment = _next_quarter(moment)
        ends[quarter] = min(moment - timedelta(seconds=1), scenario.end_at)
    for thing in things:
        for quarter in dict.fromkeys(quarter_name(instant) for instant in changes(thing)):
            deliveries[file_name.format(quarter)].append(record(thing, ends[quarter]))
    return deliveries


def _next_quarter(moment: datetime) -> datetime:
    month = (moment.month - 1) // 3 * 3 + 4
    return datetime(moment.year + month // 12, (month - 1) % 12 + 1, 1)
