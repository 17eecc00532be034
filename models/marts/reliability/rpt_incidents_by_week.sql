with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

weeks as (
    select period_start_date as week_start_date
    from {{ ref('int_periods') }}
    where period_grain = 'week'
),

severities as (
    select
        severity,
        severity_name
    from {{ ref('severity_policies') }}
),

incidents as (
    select
        cast(date_trunc('week', incidents.started_at) as date) as week_start_date,
        incidents.severity,
        count(*) as incident_count
    from {{ ref('int_kpi_incidents') }} as incidents
    inner join as_of on incidents.started_at <= as_of.as_of
    group by all
)

select
    weeks.week_start_date,
    severities.severity,
    severities.severity_name,
    coalesce(incidents.incident_count, 0) as incident_count
from weeks
cross join severities
left join incidents
    on
        weeks.week_start_date = incidents.week_start_date
        and severities.severity = incidents.severity
