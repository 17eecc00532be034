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


def union_seconds(intervals: Iterable[tuple[datetime, datetime]]) -> int:
    """Return how many seconds lie in at least one of the half-open intervals."""
    total = timedelta()
    covered_until: datetime | None = None
    for start, end in sorted(intervals):
        fresh = start if covered_until is None else max(start, covered_until)
        if end > fresh:
            total += end - fresh
            covered_until = end
    return total // timedelta(seconds=1)
