-- Whichever grain is added up, the company's counts are those of the facts behind them.
with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

published as (
    select
        kpi_id,
        period_grain,
        sum(numerator) as numerator,
        sum(sample_count + excluded_count) as record_count
    from {{ ref('fct_kpi_values') }}
    where scope_type = 'all'
    group by kpi_id, period_grain
),

critical_services as (
    select services.service_id
    from {{ ref('dim_services') }} as services
    inner join {{ ref('tier_policies') }} as tiers on services.tier = tiers.tier
    where services.is_catalogued and tiers.is_critical
),

counted as (
    select
        'sev1_incident_count' as kpi_id,
        cast(count(*) as double) as numerator
    from {{ ref('fct_incidents') }} as incidents
    cross join as_of
    where
        incidents.severity <= 1
        and case
            when incidents.is_impossible then incidents.opened_at
            else coalesce(incidents.impact_started_at, incidents.opened_at)
        end <= as_of.as_of
    union all
    select
        'availability_impact_minutes' as kpi_id,
        coalesce(cast(sum(
            {{ microseconds_between(
                'impacts.impact_started_at', 'least(impacts.impact_ended_at, as_of.as_of)'
            ) }}
        ) as double) / 60000000, 0) as numerator
    from {{ ref('fct_availability_impacts') }} as impacts
    inner join {{ ref('dim_services') }} as services on impacts.service_id = services.service_id
    inner join as_of on impacts.impact_started_at < as_of.as_of
    where services.is_customer_facing
    union all
    select
        'deployment_frequency' as kpi_id,
        cast(count(*) as double) as numerator
    from {{ ref('fct_deployments') }} as deployments
    inner join critical_services on deployments.service_id = critical_services.service_id
    inner join as_of on deployments.finished_at <= as_of.as_of
    where
        deployments.reached_production
        and coalesce(deployments.remediation_method, '')
        not in ('version number fell', 'returned to earlier version')
)

select
    published.kpi_id,
    published.period_grain,
    published.numerator as published_numerator,
    counted.numerator as counted_numerator
from published
inner join counted on published.kpi_id = counted.kpi_id
where abs(coalesce(published.numerator, 0) - counted.numerator) > 1e-6
