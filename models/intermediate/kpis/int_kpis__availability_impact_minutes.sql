with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

kpi as (
    select
        kpi_id,
        service_scope
    from {{ ref('kpis') }}
    where kpi_id = 'availability_impact_minutes'
),

scopes as (
    select
        scopes.*,
        kpi.kpi_id
    from {{ ref('int_service_scopes') }} as scopes
    inner join kpi on scopes.service_scope = kpi.service_scope
),

impacts as (
    select
        impacts.service_id,
        impacts.impact_started_at,
        least(impacts.impact_ended_at, as_of.as_of) as impact_ended_at
    from {{ ref('fct_availability_impacts') }} as impacts
    inner join as_of on impacts.impact_started_at < as_of.as_of
),

periods as (
    select
        period_grain,
        period_start_date,
        cast(period_start_date as timestamp) as period_start_at,
        cast(period_end_date as timestamp) as period_end_at
    from {{ ref('int_periods') }}
),

clipped as (
    select
        impacts.service_id,
        periods.period_grain,
        periods.period_start_date,
        {{ microseconds_between(
            'greatest(impacts.impact_started_at, periods.period_start_at)',
            'least(impacts.impact_ended_at, periods.period_end_at)'
        ) }} as impact_microseconds
    from impacts
    inner join periods
        on
            impacts.impact_started_at < periods.period_end_at
            and impacts.impact_ended_at > periods.period_start_at
),

-- The times of these cannot be drawn; they are counted where they were opened.
left_out as (
    select
        incidents.incident_id,
        days.period_grain,
        days.period_start_date
    from {{ ref('fct_incidents') }} as incidents
    inner join as_of on incidents.opened_at <= as_of.as_of
    inner join {{ ref('int_period_days') }} as days
        on cast(incidents.opened_at as date) = days.day_date
    where incidents.is_customer_impacting and incidents.is_impossible
),

counted as (
    select
        scopes.kpi_id,
        clipped.period_grain,
        clipped.period_start_date,
        scopes.scope_type,
        scopes.scope_id,
        clipped.impact_microseconds,
        cast(null as string) as left_out_incident_id
    from clipped
    inner join scopes on clipped.service_id = scopes.service_id
    union all
    select
        scopes.kpi_id,
        left_out.period_grain,
        left_out.period_start_date,
        scopes.scope_type,
        scopes.scope_id,
        cast(null as bigint) as impact_microseconds,
        left_out.incident_id as left_out_incident_id
    from left_out
    inner join {{ ref('fct_incident_services') }} as incident_services
        on left_out.incident_id = incident_services.incident_id
    inner join scopes on incident_services.service_id = scopes.service_id
),

by_scope as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        -- Summed in whole microseconds, divided once.
        cast(coalesce(sum(impact_microseconds), 0) as double) / 60000000 as impact_minutes,
        count(impact_microseconds) as impact_count,
        count(distinct left_out_incident_id) as left_out_count
    from counted
    group by kpi_id, period_grain, period_start_date, scope_type, scope_id
)

select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    impact_minutes as numerator,
    cast(1 as double) as denominator,
    impact_minutes as value,
    impact_count as sample_count,
    left_out_count as excluded_count
from by_scope
