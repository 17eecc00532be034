"""Every KPI value the oracle knows: periods, scopes, targets and what is no data."""

from dataclasses import dataclass
from datetime import date, timedelta

from oracle import deployments, incidents  # noqa: F401 - each registers its KPIs
from oracle.kpis import KPIS, Figure
from oracle.periods import GRAINS, Period, period_before, periods_between, year_before
from oracle.policies import KpiRules
from oracle.records import Records
from oracle.scopes import Scope, scopes_of, services_in

# The variables silent_after_days and equal_within.
SILENT_AFTER = timedelta(days=366)
EQUAL_WITHIN = 1e-9


@dataclass(frozen=True)
class KpiValue:
    """One KPI in one period and scope, as `fct_kpi_values` shows it."""

    kpi_id: str
    period_grain: str
    period_start_date: date
    period_end_date: date
    scope_type: str
    scope_id: str
    unit: str
    target_kind: str | None
    target_direction: str
    status: str
    is_complete: bool
    numerator: float | None
    denominator: float | None
    value: float | None
    sample_count: int
    excluded_count: int
    target_value: float | None
    previous_value: float | None
    year_ago_value: float | None


def scorecard(records: Records, rules: list[KpiRules]) -> list[KpiValue]:
    """Compute every built KPI for every grain, period and scope."""
    values = []
    scopes = scopes_of(records)
    for rule in rules:
        if not rule.is_built:
            continue
        for grain in GRAINS:
            periods = periods_between(grain, records.earliest_fact_at, records.as_of)
            for scope in scopes:
                values += _values(records, rule, periods, scope)
    return values


def _values(
    records: Records, rule: KpiRules, periods: list[Period], scope: Scope
) -> list[KpiValue]:
    figures = {period: figure_of(records, rule, period, scope) for period in periods}
    is_suppressed = {
        period: rule.minimum_sample_count is not None
        and figure.value is not None
        and figure.sample_count < rule.minimum_sample_count
        for period, figure in figures.items()
    }
    shown = {
        period: None if is_suppressed[period] else figure.value
        for period, figure in figures.items()
    }
    values = []
    for period, figure in figures.items():
        previous = shown.get(period_before(period))
        year_ago = shown.get(year_before(period))
        target = _target(rule, previous, year_ago)
        if is_suppressed[period]:
            status = "suppressed"
        else:
            status = status_of(shown[period], target, rule.target_direction)
        values.append(
            KpiValue(
                kpi_id=rule.kpi_id,
                period_grain=period.grain,
                period_start_date=period.first_day,
                period_end_date=period.next_day,
                scope_type=scope.scope_type,
                scope_id=scope.scope_id,
                unit=rule.unit,
                target_kind=None if rule.target_value is None else rule.target_kind,
                target_direction=rule.target_direction,
                status=status,
                # Every system of a simulated company lands after the history has ended.
                is_complete=period.end_at <= records.as_of,
                numerator=None if is_suppressed[period] else figure.numerator,
                denominator=figure.denominator,
                value=shown[period],
                sample_count=figure.sample_count,
                excluded_count=figure.excluded_count,
                target_value=target,
                previous_value=previous,
                year_ago_value=year_ago,
            )
        )
    return values


def figure_of(records: Records, rule: KpiRules, period: Period, scope: Scope) -> Figure:
    """Compute one figure; where nothing is known, it has neither numerator nor value.

    Where there is only nothing to divide by, the numerator stays, so that roll-ups can add it.
    """
    figure = KPIS[rule.kpi_id](records, period, scope)
    first, last = records.fed_between[rule.fed_by]
    is_before_the_first = period.end_at <= first
    is_silent = last < period.start_at and period.first_day - last.date() > SILENT_AFTER
    is_about_nothing = not services_in(scope, rule.service_scope)
    if is_before_the_first or is_silent or is_about_nothing:
        return Figure(None, figure.denominator, None, figure.sample_count, figure.excluded_count)
    return figure


def status_of(value: float | None, target: float | None, direction: str) -> str:
    """Return how the value stands against its target; equal within a billionth is equal."""
    if value is None:
        return "no data"
    if target is None:
        return "no target"
    excess = value - target if direction == "at_most" else target - value
    return "met" if excess <= EQUAL_WITHIN else "missed"


def _target(rule: KpiRules, previous: float | None, year_ago: float | None) -> float | None:
    if rule.target_value is None or rule.target_kind is None:
        return None
    if rule.target_kind == "absolute":
        return rule.target_value
    earlier = {"previous": previous, "year_ago": year_ago}[rule.target_kind]
    return None if earlier is None else rule.target_value * earlier
