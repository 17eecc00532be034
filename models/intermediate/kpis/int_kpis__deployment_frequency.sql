with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

kpi as (
    select
        kpi_id,
        service_scope
    from {{ ref('kpis') }}
    where kpi_id = 'deployment_frequency'
),

scopes as (
    select
        scopes.*,
        kpi.kpi_id
    from {{ ref('int_service_scopes') }} as scopes
    inner join kpi on scopes.service_scope = kpi.service_scope
),

services as (
    select
        services.service_id,
        cast(services.first_seen_at as date) as first_seen_date,
        -- The day after the last one that has begun before as_of.
        cast(
            {{ add_to("cast(" ~ add_to('as_of.as_of', -1, 'microsecond') ~ " as date)", 1, 'day') }}
            as date
        ) as counted_until_date
    from {{ ref('int_services__united') }} as services
    cross join as_of
    where services.first_seen_at is not null
),

service_days as (
    select
        services.service_id,
        periods.period_grain,
        periods.period_start_date,
        {{ days_between(
            'greatest(periods.period_start_date, services.first_seen_date)',
            'least(periods.period_end_date, services.counted_until_date)'
        ) }} as day_count,
        cast(0 as bigint) as deployment_count,
        cast(0 as bigint) as rollback_count
    from services
    cross join {{ ref('int_periods') }} as periods
    where
        services.first_seen_date < periods.period_end_date
        and services.counted_until_date > periods.period_start_date
),

finished as (
    select * from {{ ref('fct_deployments') }}
),

deployments as (
    select
        finished.service_id,
        days.period_grain,
        days.period_start_date,
        cast(0 as bigint) as day_count,
        count(case when finished.deployment_kind = 'release' then 1 end) as deployment_count,
        count(case when finished.deployment_kind = 'rollback' then 1 end) as rollback_count
    from finished
    inner join as_of on finished.finished_at <= as_of.as_of
    inner join {{ ref('int_period_days') }} as days
        on cast(finished.finished_at as date) = days.day_date
    group by finished.service_id, days.period_grain, days.period_start_date
),

by_service as (
    select * from service_days
    union all
    select * from deployments
),

by_scope as (
    select
        scopes.kpi_id,
        by_service.period_grain,
        by_service.period_start_date,
        scopes.scope_type,
        scopes.scope_id,
        cast(sum(by_service.deployment_count) as bigint) as deployment_count,
        cast(sum(by_service.rollback_count) as bigint) as rollback_count,
        cast(sum(by_service.day_count) as bigint) as day_count
    from by_service
    inner join scopes on by_service.service_id = scopes.service_id
    group by
        scopes.kpi_id,
        by_service.period_grain,
        by_service.period_start_date,
        scopes.scope_type,
        scopes.scope_id
)

select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(deployment_count as double) as numerator,
    cast(day_count as double) as denominator,
    cast(deployment_count as double) / nullif(cast(day_count as double), 0) as value,
    deployment_count as sample_count,
    rollback_count as excluded_count
from by_scope
