with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

published as (
    select
        period_grain,
        sum(sample_count + excluded_count) as incident_count
    from {{ ref('fct_kpi_values') }}
    where kpi_id = 'sev1_time_to_mitigate' and scope_type = 'all'
    group by period_grain
),

incidents as (
    select count(*) as incident_count
    from {{ ref('int_kpi_incidents') }} as incidents
    inner join as_of on incidents.started_at <= as_of.as_of
    where incidents.severity <= 1
)

select
    published.period_grain,
    published.incident_count as published_count,
    incidents.incident_count
from published
cross join incidents
where published.incident_count <> incidents.incident_count
