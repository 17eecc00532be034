"""One function per KPI: `kpi(records, period, scope) -> Figure`, registered under its id."""

from collections.abc import Callable
from dataclasses import dataclass

from oracle.periods import Period
from oracle.records import Records
from oracle.scopes import Scope


@dataclass(frozen=True)
class Figure:
    """What a KPI comes to in one period and scope; a value of None is nothing to divide by."""

    numerator: float | None
    denominator: float | None
    value: float | None
    sample_count: int
    excluded_count: int = 0


Kpi = Callable[[Records, Period, Scope], Figure]

KPIS: dict[str, Kpi] = {}


def kpi(kpi_id: str) -> Callable[[Kpi], Kpi]:
    """Register the function as the oracle of a KPI."""

    def register(function: Kpi) -> Kpi:
        assert kpi_id not in KPIS, kpi_id
        KPIS[kpi_id] = function
        return function

    return register


def counted(number: float, *, sample_count: int, excluded_count: int = 0) -> Figure:
    """Return the figure of a count or a sum: its denominator is 1."""
    return Figure(number, 1, number, sample_count, excluded_count)


def divided(
    numerator: float, denominator: float, *, sample_count: int, excluded_count: int = 0
) -> Figure:
    """Return the figure of a ratio: without a denominator there is no value."""
    value = numerator / denominator if denominator else None
    return Figure(numerator, denominator, value, sample_count, excluded_count)
