with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

kpis as (
    select * from {{ ref('kpis') }}
    where kpi_order <= 21
),

company as (
    select *
    from {{ ref('fct_kpi_values') }}
    where scope_type = 'all' and period_grain in ('month', 'quarter')
),

newest as (
    select
        company.period_grain,
        max(company.period_start_date) as period_start_date
    from company
    inner join as_of on cast(company.period_end_date as timestamp) <= as_of.as_of
    group by company.period_grain
)

select
    company.kpi_id,
    kpis.kpi_order,
    kpis.kpi_name,
    kpis.definition,
    kpis.cadence,
    kpis.scope_note,
    kpis.excluded_note,
    company.period_grain,
    company.period_start_date,
    company.period_end_date,
    company.unit,
    company.target_kind,
    company.target_direction,
    company.status,
    company.is_complete,
    company.numerator,
    company.denominator,
    company.value,
    company.sample_count,
    company.excluded_count,
    company.target_value,
    company.previous_value,
    company.year_ago_value
from company
inner join newest
    on
        company.period_grain = newest.period_grain
        and company.period_start_date = newest.period_start_date
inner join kpis on company.kpi_id = kpis.kpi_id
