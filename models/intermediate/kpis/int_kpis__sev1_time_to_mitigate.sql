with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

kpi as (
    select
        kpi_id,
        service_scope
    from {{ ref('kpis') }}
    where kpi_id = 'sev1_time_to_mitigate'
),

scopes as (
    select
        scopes.*,
        kpi.kpi_id
    from {{ ref('int_service_scopes') }} as scopes
    inner join kpi on scopes.service_scope = kpi.service_scope
),

incidents as (
    select
        incidents.incident_id,
        incidents.started_at,
        as_of.as_of,
        -- What was mitigated after as_of is still open.
        case
            when incidents.mitigated_at <= as_of.as_of then incidents.mitigated_at
        end as mitigated_at,
        case
            when incidents.mitigated_at <= as_of.as_of then incidents.time_to_mitigate_seconds
        end as time_to_mitigate_seconds
    from {{ ref('int_kpi_incidents') }} as incidents
    cross join as_of
    where incidents.severity <= 1
),

-- An open incident has no mitigation to be counted by; it is left out where it started.
dated as (
    select
        incident_id,
        time_to_mitigate_seconds,
        cast(coalesce(mitigated_at, started_at) as date) as day_date
    from incidents
    where coalesce(mitigated_at, started_at) <= as_of
),

incident_scopes as (
    select distinct
        scopes.kpi_id,
        scopes.scope_type,
        scopes.scope_id,
        dated.incident_id,
        dated.time_to_mitigate_seconds,
        dated.day_date
    from dated
    inner join {{ ref('fct_incident_services') }} as incident_services
        on dated.incident_id = incident_services.incident_id
    inner join scopes on incident_services.service_id = scopes.service_id
)

select
    incident_scopes.kpi_id,
    days.period_grain,
    days.period_start_date,
    incident_scopes.scope_type,
    incident_scopes.scope_id,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(
        percentile_cont(0.5) within group (order by incident_scopes.time_to_mitigate_seconds)
        as double
    ) as value,
    count(incident_scopes.time_to_mitigate_seconds) as sample_count,
    count(*) - count(incident_scopes.time_to_mitigate_seconds) as excluded_count
from incident_scopes
inner join {{ ref('int_period_days') }} as days on incident_scopes.day_date = days.day_date
group by
    incident_scopes.kpi_id,
    days.period_grain,
    days.period_start_date,
    incident_scopes.scope_type,
    incident_scopes.scope_id
