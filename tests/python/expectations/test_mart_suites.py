"""Each expectation about the marts fails on what it is for, and holds on good ones."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from nines import building
from nines.building import Build
from nines.expectations import CheckResult, Outcome, check
from nines.warehouse import connect

# Two incidents of one quarter: one hit both services, so the whole counts two and the services
# three; and outage minutes, which do add up over services.
GOOD = """
create schema seeds; create schema scorecard; create schema intermediate; create schema core;
create schema reliability; create schema cost; create schema staging;
create table intermediate.int_as_of as select timestamp '2026-07-05 00:00:00' as as_of;
create table seeds.kpis as select * from (values
    ('sev1_incident_count', 'count', 'incidents'),
    ('availability_impact_minutes', 'sum', 'service-minutes'),
    ('change_failure_rate', 'ratio', 'ratio'),
    ('error_budget_burn_rate', 'ratio', 'ratio')
) as kpis (kpi_id, statistic, unit);
create table scorecard.fct_kpi_values (
    kpi_id string, period_grain string, period_start_date date, period_end_date date,
    scope_type string, scope_id string, unit string, status string, is_complete boolean,
    numerator double, denominator double, value double, sample_count bigint, excluded_count bigint
);
insert into scorecard.fct_kpi_values
with
periods (period_grain, period_start_date, period_end_date, incidents, minutes) as (
    values
    ('month', date '2026-04-01', date '2026-05-01', 1, 10.5),
    ('month', date '2026-05-01', date '2026-06-01', 0, 0.0),
    ('month', date '2026-06-01', date '2026-07-01', 1, 30.0),
    ('quarter', date '2026-04-01', date '2026-07-01', 2, 40.5)
),
scopes (scope_type, scope_id, incident_share, minute_share) as (
    values ('all', 'all', 1, 1.0), ('service', 'search', 1, 0.25), ('service', 'shop', 1, 0.75)
)
select
    'sev1_incident_count', period_grain, period_start_date, period_end_date, scope_type, scope_id,
    'incidents', 'no target', true, incidents * incident_share, 1, incidents * incident_share,
    incidents, 0
from periods cross join scopes
union all
select
    'availability_impact_minutes', period_grain, period_start_date, period_end_date, scope_type,
    scope_id, 'service-minutes', 'met', true, minutes * minute_share, 1, minutes * minute_share,
    incidents, 0
from periods cross join scopes
union all
select
    'change_failure_rate', period_grain, period_start_date, period_end_date, scope_type, scope_id,
    'ratio', if(incidents = 0, 'no data', 'met'), true, 1, if(incidents = 0, 0, 3),
    if(incidents = 0, null, 1 / 3), 3 * incidents, 0
from periods cross join scopes
union all
select
    'error_budget_burn_rate', period_grain, period_start_date, period_end_date, scope_type,
    scope_id, 'ratio', 'missed', true, 7, 2, 3.5, 7, 0
from periods cross join scopes;
create table core.dim_services as select * from (values
    ('search', true), ('shop', true), ('mailer', false), ('unattributed', false)
) as services (service_id, is_catalogued);
create table reliability.fct_availability_impacts as select * from (values
    ('shop', timestamp '2026-04-02 10:00:00', timestamp '2026-04-02 10:10:00', 600),
    ('shop', timestamp '2026-06-02 10:00:00', timestamp '2026-06-02 10:30:00', 1800)
) as impacts (service_id, impact_started_at, impact_ended_at, impact_seconds);
create table reliability.fct_incidents as
select 'pagewatch:' || n as incident_id, 'pagewatch' as source_system, 1 as severity,
    false as is_impossible
from range(20) as numbers (n);
create table reliability.fct_incident_services as
select 'pagewatch:' || n as incident_id, if(n % 2 = 0, 'shop', 'search') as service_id
from range(20) as numbers (n);
create table staging.stg_focus__cost_lines as
select 'USD' as billing_currency, cast(0.1 as decimal(28, 12)) as billed_cost,
    cast(0.1 as decimal(28, 12)) as effective_cost, cast(null as decimal(28, 12)) as list_cost,
    cast(0.000000000001 as decimal(28, 12)) as contracted_cost
from range(30);
create table cost.fct_cost_days as
select 'shop' as service_id, 'focus' as source_system, 'USD' as billing_currency,
    false as is_rate_missing, cast(sum(billed_cost) as decimal(28, 12)) as billed_cost,
    cast(sum(effective_cost) as decimal(28, 12)) as effective_cost,
    cast(null as decimal(28, 12)) as list_cost,
    cast(sum(contracted_cost) as decimal(28, 12)) as contracted_cost
from staging.stg_focus__cost_lines;
"""


@dataclass
class Marts:
    """A warehouse of good marts, for a test to spoil."""

    warehouse: Path

    def spoil(self, statement: str) -> None:
        with connect(self.warehouse) as connection:
            connection.execute(statement)

    def check(self) -> CheckResult:
        return check(self.warehouse, "marts")

    def broken(self) -> dict[str, Outcome]:
        return {one.name: one for one in self.check().outcomes if not one.success}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse every test copies."""
    marts = Marts(tmp_path_factory.mktemp("good") / "nines.duckdb")
    marts.spoil(GOOD)
    return marts.warehouse


@pytest.fixture
def marts(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Marts:
    monkeypatch.setattr(building, "last_build", lambda: Build("one", is_whole=True, results=()))
    return Marts(Path(shutil.copy(good, tmp_path)))


def test_good_marts_hold(marts: Marts) -> None:
    result = marts.check()
    assert [one.describe() for one in result.outcomes if not one.success] == []
    assert result.subject == "one"
    assert len({one.name for one in result.outcomes}) == 18


KPI = "update scorecard.fct_kpi_values set"

BROKEN = {
    "a value is missing exactly when its status says no data or suppressed": [
        f"{KPI} value = null where kpi_id = 'change_failure_rate' and status = 'met'",
        f"{KPI} status = 'no data' where kpi_id = 'change_failure_rate'",
    ],
    "a value is its numerator over its denominator": [
        f"{KPI} value = 0.3333333 where kpi_id = 'change_failure_rate' and value is not null",
        f"{KPI} value = 1, status = 'met' where denominator = 0",
    ],
    "a share lies between 0 and 1": [
        f"{KPI} value = 1.5, numerator = 4.5 where kpi_id = 'change_failure_rate' "
        "and value is not null",
    ],
    "nothing counted or timed is negative": [
        f"{KPI} excluded_count = -1 where kpi_id = 'change_failure_rate'",
        f"{KPI} value = -3.5, numerator = -7 where kpi_id = 'error_budget_burn_rate'",
    ],
    "a period is a whole week, month or quarter": [
        f"{KPI} period_end_date = period_end_date + 1 where kpi_id = 'change_failure_rate'",
        "insert into scorecard.fct_kpi_values by name select 'change_failure_rate' as kpi_id, "
        "'week' as period_grain, date '2026-06-30' as period_start_date, "
        "date '2026-07-07' as period_end_date, 'all' as scope_type, 'all' as scope_id, "
        "'ratio' as unit, 'no data' as status, 0 as sample_count, 0 as excluded_count",
    ],
    "only a period that is over is complete": [
        "update intermediate.int_as_of set as_of = timestamp '2026-06-30 23:59:59'",
    ],
    "each KPI has one value per period and scope": [
        "insert into scorecard.fct_kpi_values from scorecard.fct_kpi_values "
        "where kpi_id = 'change_failure_rate'",
    ],
    "the whole is no more than its services together": [
        f"{KPI} value = 9, numerator = 9 where kpi_id = 'sev1_incident_count' "
        "and scope_type = 'all' and period_grain = 'quarter'",
    ],
    "the whole is no less than its services": [
        f"{KPI} value = 0, numerator = 0 where kpi_id = 'sev1_incident_count' "
        "and scope_type = 'all'",
        f"{KPI} value = value + 0.1, numerator = value + 0.1 where scope_id = 'shop' "
        "and kpi_id = 'availability_impact_minutes'",
    ],
    "a quarter is the sum of its months": [
        f"{KPI} value = 1, numerator = 1 where kpi_id = 'sev1_incident_count' "
        "and period_grain = 'quarter'",
    ],
    "no minute of a service's outages counts twice": [
        "insert into reliability.fct_availability_impacts values "
        "('shop', '2026-04-02 10:05:00', '2026-04-02 10:06:00', 60)",
    ],
    "a service is not down for longer than the time there was": [
        "update reliability.fct_availability_impacts set impact_seconds = 99999999",
    ],
    "costs sum to the bill, to the last digit": [
        "update cost.fct_cost_days set contracted_cost = contracted_cost + 0.000000000001",
        "insert into staging.stg_focus__cost_lines values ('EUR', 1, 1, 1, 1)",
        "delete from cost.fct_cost_days",
    ],
}
ODD = {
    "every currency has its rates": ["update cost.fct_cost_days set is_rate_missing = true"],
    "most records name a service": [
        "update reliability.fct_incident_services set service_id = 'unattributed' "
        "where incident_id <= 'pagewatch:14'",
    ],
    "most services named are in the catalogue": [
        "update reliability.fct_incident_services set service_id = 'mailer' "
        "where incident_id <= 'pagewatch:14'",
    ],
    "few incidents have impossible times": [
        "update reliability.fct_incidents set is_impossible = true "
        "where incident_id <= 'pagewatch:10'",
    ],
    "the severity of incidents is known": [
        "update reliability.fct_incidents set severity = null where incident_id <= 'pagewatch:14'",
    ],
}


@pytest.mark.parametrize(
    ("name", "statement"),
    [(name, one) for name, statements in BROKEN.items() for one in statements],
)
def test_what_makes_a_number_wrong_stops(marts: Marts, name: str, statement: str) -> None:
    marts.spoil(statement)
    result = marts.check()
    assert name in {one.name for one in result.failures}
    assert not result.success


@pytest.mark.parametrize(
    ("name", "statement"),
    [(name, one) for name, statements in ODD.items() for one in statements],
)
def test_what_is_merely_odd_warns(marts: Marts, name: str, statement: str) -> None:
    marts.spoil(statement)
    result = marts.check()
    assert name in {one.name for one in result.warnings}
    assert result.success


def test_every_expectation_has_a_case_that_breaks_it(marts: Marts) -> None:
    assert {one.name for one in marts.check().outcomes} == {*BROKEN, *ODD}


def test_a_failure_says_which_rows(marts: Marts) -> None:
    marts.spoil(
        f"{KPI} value = 1, numerator = 1 where kpi_id = 'sev1_incident_count' "
        "and period_grain = 'quarter' and scope_id = 'search'"
    )
    outcome = marts.broken()["a quarter is the sum of its months"]
    assert "quarter 2026-04-01 service search" in outcome.observed
    assert "sev1_incident_count" in outcome.observed


def test_a_warehouse_without_marts_has_nothing_to_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "last_build", lambda: Build("one", is_whole=True, results=()))
    marts = Marts(tmp_path / "empty.duckdb")
    marts.spoil("create schema core")
    assert list(marts.check().outcomes) == []
