"""The suites of the marts: laws of the scorecard and of cost, and what reviews must be told.

dbt's tests judge rows against their model. These laws hold between rows: sums that must agree,
bounds no period can pass, scopes that contain each other. Each frame is made in the engine, one row
per KPI, currency or table, so the size of the marts does not matter.
"""

from collections.abc import Mapping

import duckdb
import polars as pl

from nines.expectations.suites import BETWEEN, IN_SET, Expected, Suite, between

# Equal, for doubles that were added in another order (ground rule 2 of the metric definitions).
EQUAL_WITHIN = 1e-9
# A ratio that may pass 1: the budget can be overspent.
_UNBOUNDED = ("error_budget_burn_rate",)
# Figures of a period that are no sum of its months: year to date, and at the period's end.
_NOT_ADDED = ("cloud_cost_efficiency_gain_usd", "open_critical_findings")
_MEASURES = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")

_SCORECARD = "scorecard.fct_kpi_values"
_KEY = "period_grain || ' ' || period_start_date || ' ' || scope_type || ' ' || scope_id"


def mart_suites(connection: duckdb.DuckDBPyConnection) -> list[Suite]:
    """Return the suites of the marts stage for the marts the warehouse has."""
    tables: dict[str, set[str]] = {}
    for name, column in connection.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = current_database()"
    ).fetchall():
        tables.setdefault(name, set()).add(column)
    suites = []
    if {_SCORECARD, "seeds.kpis", "intermediate.int_as_of"} <= set(tables):
        suites += [_scorecard(connection), _scopes(connection), _quarters(connection)]
    if "reliability.fct_availability_impacts" in tables:
        suites.append(_impacts(connection))
    if {"cost.fct_cost_days", "staging.stg_focus__cost_lines"} <= set(tables):
        suites += [_cost(connection), _rates(connection)]
    if "core.dim_services" in tables:
        suites.append(_services(connection, tables))
    if "reliability.fct_incidents" in tables:
        suites.append(_incidents(connection))
    return suites


def _laws(laws: Mapping[str, str]) -> str:
    """Return columns that count, for each law, the rows that break it, and give one of them."""
    return ", ".join(
        f"count(*) filter (where {broken}) as {name}_count, "
        f"min({_KEY}) filter (where {broken}) as {name}_example"
        for name, broken in laws.items()
    )


def _none_of(name: str, law: str, advice: str, severity: str = "critical") -> Expected:
    """Return the expectation that no row breaks a law counted by `_laws`."""
    return Expected(
        law,
        severity,
        BETWEEN,
        between(f"{name}_count", greatest=0),
        f"{{kpi_id}} breaks it in {{{name}_count}} of {{row_count}} rows, such as "
        f"{{{name}_example}}",
        advice,
    )


_DEFECT = "A defect of the model: see scorecard.fct_kpi_values and the KPI's own model."


def _scorecard(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per KPI: how many of its values break each law of one row."""
    is_share = (
        "statistic = 'ratio' and unit = 'ratio' and kpi_id not in ("
        + ", ".join(f"'{one}'" for one in _UNBOUNDED)
        + ")"
    )
    laws = {
        "unexplained": "(value is null) <> (status in ('no data', 'suppressed'))",
        "untrue": "denominator is not null and value is not null and (denominator = 0 or "
        f"abs(value - numerator / denominator) > {EQUAL_WITHIN} * greatest(1, abs(value)))",
        "unreal": f"{is_share} and value is not null and not value between 0 and 1",
        "negative": "sample_count < 0 or excluded_count < 0 or denominator < 0 "
        "or (unit not like '%USD%' and (value < 0 or numerator < 0))",
        "misplaced": "period_end_date is distinct from period_start_date + case period_grain "
        "when 'week' then interval 7 day when 'month' then interval 1 month "
        "when 'quarter' then interval 3 month end "
        "or date_trunc(period_grain, period_start_date) <> period_start_date",
        "premature": "is_complete and cast(period_end_date as timestamp) > as_of",
        "doubled": "copies > 1",
    }
    frame = connection.sql(
        f"""
        with
        kpi_values as (
            select
                kpi_values.*,
                kpis.statistic,
                as_of.as_of,
                count(*) over (
                    partition by
                        kpi_values.kpi_id,
                        kpi_values.period_grain,
                        kpi_values.period_start_date,
                        kpi_values.scope_type,
                        kpi_values.scope_id
                ) as copies
            from {_SCORECARD} as kpi_values
            left join seeds.kpis as kpis on kpi_values.kpi_id = kpis.kpi_id
            cross join intermediate.int_as_of as as_of
        )

        select '{_SCORECARD}' as place, kpi_id, count(*) as row_count, {_laws(laws)}
        from kpi_values
        group by kpi_id
        order by kpi_id
        """
    ).pl()
    return Suite(
        "scorecard",
        frame,
        (
            _none_of(
                "unexplained",
                "a value is missing exactly when its status says no data or suppressed",
                _DEFECT,
            ),
            _none_of("untrue", "a value is its numerator over its denominator", _DEFECT),
            _none_of("unreal", "a share lies between 0 and 1", _DEFECT),
            _none_of("negative", "nothing counted or timed is negative", _DEFECT),
            _none_of("misplaced", "a period is a whole week, month or quarter", _DEFECT),
            _none_of("premature", "only a period that is over is complete", _DEFECT),
            _none_of("doubled", "each KPI has one value per period and scope", _DEFECT),
        ),
    )


def _scopes(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per counted or summed KPI: periods in which the whole and its services disagree.

    A thing that belongs to two services counts once for all of them: the whole is at least the
    greatest service and at most their sum. What is summed over services is that sum.
    """
    frame = connection.sql(
        f"""
        with
        compared as (
            select
                kpi_values.kpi_id,
                kpi_values.period_grain,
                kpi_values.period_start_date,
                'all' as scope_type,
                'all' as scope_id,
                kpis.statistic,
                max(value) filter (where scope_type = 'all') as whole,
                max(value) filter (where scope_type = 'service') as greatest_service,
                sum(value) filter (where scope_type = 'service') as all_services
            from {_SCORECARD} as kpi_values
            inner join seeds.kpis as kpis on kpi_values.kpi_id = kpis.kpi_id
            where kpis.statistic in ('count', 'sum')
            group by all
        ),

        judged as (
            select
                *,
                {EQUAL_WITHIN} * greatest(1, abs(whole)) as allowed
            from compared
            where whole is not null and all_services is not null
        )

        select
            '{_SCORECARD}' as place,
            kpi_id,
            count(*) as row_count,
            {
            _laws(
                {
                    "exceeding": "whole > all_services + allowed",
                    "falling_short": "if(statistic = 'sum', all_services, greatest_service) "
                    "> whole + allowed",
                }
            )
        }
        from judged
        group by kpi_id
        order by kpi_id
        """
    ).pl()
    return Suite(
        "scopes",
        frame,
        (
            _none_of("exceeding", "the whole is no more than its services together", _DEFECT),
            _none_of("falling_short", "the whole is no less than its services", _DEFECT),
        ),
    )


def _quarters(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per counted or summed KPI: quarters that are not the sum of their months."""
    excluded = ", ".join(f"'{one}'" for one in _NOT_ADDED)
    frame = connection.sql(
        f"""
        with
        added as (
            select
                kpi_values.kpi_id,
                'quarter' as period_grain,
                cast(date_trunc('quarter', period_start_date) as date) as period_start_date,
                scope_type,
                scope_id,
                max(value) filter (where period_grain = 'quarter') as whole,
                sum(value) filter (where period_grain = 'month') as parts,
                count(*) filter (where period_grain = 'month') as month_count
            from {_SCORECARD} as kpi_values
            inner join seeds.kpis as kpis on kpi_values.kpi_id = kpis.kpi_id
            where
                kpis.statistic in ('count', 'sum')
                and kpi_values.period_grain in ('month', 'quarter')
                and kpi_values.kpi_id not in ({excluded})
            group by all
        ),

        judged as (
            -- The newest quarter may still lack months; the first may begin before the first month.
            select * from added where month_count = 3 and whole is not null
        )

        select
            '{_SCORECARD}' as place,
            kpi_id,
            count(*) as row_count,
            {
            _laws(
                {
                    "different": "parts is null or "
                    f"abs(whole - parts) > {EQUAL_WITHIN} * greatest(1, abs(whole))"
                }
            )
        }
        from judged
        group by kpi_id
        order by kpi_id
        """
    ).pl()
    return Suite(
        "quarters",
        frame,
        (_none_of("different", "a quarter is the sum of its months", _DEFECT),),
    )


def _impacts(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per service: its outage intervals are a union, so no minute of it counts twice."""
    frame = connection.sql(
        """
        with
        impacts as (
            select
                *,
                lead(impact_started_at) over (
                    partition by service_id order by impact_started_at
                ) as next_started_at
            from reliability.fct_availability_impacts
        )

        select
            'reliability.fct_availability_impacts' as place,
            service_id,
            count(*) as row_count,
            count(*) filter (
                where next_started_at <= impact_ended_at or impact_ended_at < impact_started_at
            ) as overlap_count,
            cast(sum(impact_seconds) as double) as impact_seconds,
            epoch(max(impact_ended_at)) - epoch(min(impact_started_at)) as span_seconds,
            sum(impact_seconds)
            > epoch(max(impact_ended_at)) - epoch(min(impact_started_at)) as is_beyond_span
        from impacts
        group by service_id
        order by service_id
        """
    ).pl()
    return Suite(
        "availability impacts",
        frame,
        (
            Expected(
                "no minute of a service's outages counts twice",
                "critical",
                BETWEEN,
                between("overlap_count", greatest=0),
                "{service_id} has {overlap_count} of {row_count} intervals that touch the next",
                "A defect of the model reliability.fct_availability_impacts.",
            ),
            Expected(
                "a service is not down for longer than the time there was",
                "critical",
                IN_SET,
                {"column": "is_beyond_span", "value_set": [False]},
                "{service_id} was down for {impact_seconds} s within {span_seconds} s",
                "A defect of the model reliability.fct_availability_impacts.",
            ),
        ),
    )


def _cost(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per currency and measure: staged bills against the mart, in decimals throughout."""
    sums = " union all ".join(
        f"select billing_currency, '{measure}' as measure, sum({measure}) as total "
        "from {table} group by billing_currency"
        for measure in _MEASURES
    )
    frame = connection.sql(
        f"""
        with
        staged as ({sums.format(table="staging.stg_focus__cost_lines")}),
        published as ({sums.format(table="cost.fct_cost_days")})

        select
            'cost.fct_cost_days' as place,
            billing_currency,
            measure,
            cast(staged.total as string) as staged_total,
            cast(published.total as string) as mart_total,
            staged.total is not distinct from published.total as is_equal
        from staged
        full join published using (billing_currency, measure)
        order by all
        """
    ).pl()
    return Suite(
        "cost",
        frame,
        (
            Expected(
                "costs sum to the bill, to the last digit",
                "critical",
                IN_SET,
                {"column": "is_equal", "value_set": [True]},
                "{measure} in {billing_currency} is {mart_total}, the bills say {staged_total}",
                "A defect of the model cost.fct_cost_days: a join lost or doubled lines.",
            ),
        ),
    )


def _rates(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per currency: lines whose month has no rate, so that no dollars can be given."""
    frame = connection.sql(
        """
        select
            'cost.fct_cost_days' as place,
            billing_currency,
            count(*) as row_count,
            count(*) filter (where is_rate_missing) as missing_count
        from cost.fct_cost_days
        group by billing_currency
        order by billing_currency
        """
    ).pl()
    return Suite(
        "currency rates",
        frame,
        (
            Expected(
                "every currency has its rates",
                "warning",
                BETWEEN,
                between("missing_count", greatest=0),
                "{missing_count} of {row_count} rows in {billing_currency} have no amount in USD",
                "Add the months' rates to seeds/currency_rates.csv.",
            ),
        ),
    )


_KNOWN_SERVICES = (
    Expected(
        "most records name a service",
        "warning",
        BETWEEN,
        between("attributed_share", least=0.8),
        "{attributed_share:.0%} of {row_count} rows of {source_system} do",
        "Have the export carry the service, or map what it carries in staging.",
    ),
    Expected(
        "most services named are in the catalogue",
        "warning",
        BETWEEN,
        between("known_share", least=0.8),
        "{known_share:.0%} of the rows of {source_system} that name a service name one of it",
        "Add the names to seeds/service_aliases.csv, or the services to the catalogue.",
    ),
)


def _services(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, set[str]]) -> Suite:
    """One row per fact and source system: how many rows name a service that the catalogue knows."""
    facts = [
        (table, "facts.source_system" if "source_system" in columns else "'all systems'")
        for table, columns in sorted(tables.items())
        if "service_id" in columns
        and table.split(".")[1].startswith("fct_")
        and table.split(".")[0] not in ("core", "scorecard", "staging", "intermediate")
    ]
    if not facts:
        return Suite("known services", pl.DataFrame(), _KNOWN_SERVICES)
    selects = " union all ".join(
        f"select '{table}' as place, {system} as source_system, facts.service_id, "
        f"count(*) as row_count from {table} as facts group by all"
        for table, system in facts
    )
    frame = connection.sql(
        f"""
        with
        counted as ({selects})

        select
            counted.place,
            counted.source_system,
            cast(sum(counted.row_count) as bigint) as row_count,
            coalesce(
                sum(counted.row_count) filter (where counted.service_id <> 'unattributed')
                / sum(counted.row_count),
                0
            ) as attributed_share,
            coalesce(sum(counted.row_count) filter (where services.is_catalogued), 0)
            / sum(counted.row_count) filter (where counted.service_id <> 'unattributed')
                as known_share
        from counted
        left join core.dim_services as services on counted.service_id = services.service_id
        group by counted.place, counted.source_system
        having sum(counted.row_count) >= 10
        order by counted.place, counted.source_system
        """
    ).pl()
    return Suite("known services", frame, _KNOWN_SERVICES)


def _incidents(connection: duckdb.DuckDBPyConnection) -> Suite:
    """One row per source system: incidents that statistics must leave out, or cannot place."""
    frame = connection.sql(
        """
        select
            'reliability.fct_incidents' as place,
            source_system,
            count(*) as row_count,
            count(*) filter (where is_impossible) / count(*) as impossible_share,
            count(*) filter (where severity is null) / count(*) as unknown_severity_share
        from reliability.fct_incidents
        group by source_system
        order by source_system
        """
    ).pl()
    return Suite(
        "incidents",
        frame,
        (
            Expected(
                "few incidents have impossible times",
                "warning",
                BETWEEN,
                between("impossible_share", greatest=0.05),
                "{impossible_share:.0%} of {row_count} incidents of {source_system} do",
                "They are listed in quality.fct_data_findings and left out of durations.",
            ),
            Expected(
                "the severity of incidents is known",
                "warning",
                BETWEEN,
                between("unknown_severity_share", greatest=0.2),
                "{unknown_severity_share:.0%} of {row_count} of {source_system} have none",
                "Map the source's severities in seeds/severity_map.csv.",
            ),
        ),
    )
