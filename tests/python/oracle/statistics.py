"""The few statistics the definitions ask for, by hand."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta


def median(numbers: Sequence[float]) -> float | None:
    """Return the interpolated median; nothing has none."""
    if not numbers:
        return None
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def whole_seconds(start: datetime, end: datetime) -> int:
    """Return the floor of the exact difference in seconds."""
    return (end - start) // timedelta(seconds=1)


def union(intervals: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Return the stretches of time in which there is at least one of the half-open intervals."""
    stretches: list[tuple[datetime, datetime]] = []
    for start, end in sorted(intervals):
        if stretches and start <= stretches[-1][1]:
            first, until = stretches.pop()
            stretches.append((first, max(until, end)))
        else:
            stretches.append((start, end))
    return stretches


def total_seconds(stretches: Iterable[tuple[datetime, datetime]]) -> float:
    """Return how long the stretches last together, added exactly and divided once."""
    return sum((end - start for start, end in stretches), timedelta()) / timedelta(seconds=1)
