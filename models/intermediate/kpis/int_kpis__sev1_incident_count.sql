with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

kpi as (
    select
        kpi_id,
        service_scope
    from {{ ref('kpis') }}
    where kpi_id = 'sev1_incident_count'
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
        cast(incidents.started_at as date) as day_date
    from {{ ref('int_kpi_incidents') }} as incidents
    inner join as_of on incidents.started_at <= as_of.as_of
    where incidents.severity <= 1
),

-- An incident of three services counts once in a scope that holds them all.
incident_scopes as (
    select distinct
        scopes.kpi_id,
        scopes.scope_type,
        scopes.scope_id,
        incidents.incident_id,
        incidents.day_date
    from incidents
    inner join {{ ref('fct_incident_services') }} as incident_services
        on incidents.incident_id = incident_services.incident_id
    inner join scopes on incident_services.service_id = scopes.service_id
)

select
    incident_scopes.kpi_id,
    days.period_grain,
    days.period_start_date,
    incident_scopes.scope_type,
    incident_scopes.scope_id,
    cast(count(*) as double) as numerator,
    cast(1 as double) as denominator,
    cast(count(*) as double) as value,
    count(*) as sample_count,
    cast(0 as bigint) as excluded_count
from incident_scopes
inner join {{ ref('int_period_days') }} as days on incident_scopes.day_date = days.day_date
group by
    incident_scopes.kpi_id,
    days.period_grain,
    days.period_start_date,
    incident_scopes.scope_type,
    incident_scopes.scope_id
