with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

incidents as (
    select * from {{ ref('fct_incidents') }}
    where is_customer_impacting and not is_impossible
),

incident_services as (
    select * from {{ ref('fct_incident_services') }}
),

intervals as (
    select
        incident_services.service_id,
        coalesce(incidents.impact_started_at, incidents.opened_at) as started_at,
        coalesce(incidents.mitigated_at, incidents.closed_at, as_of.as_of) as ended_at,
        incidents.is_open
    from incidents
    inner join incident_services on incidents.incident_id = incident_services.incident_id
    cross join as_of
),

before as (
    select
        *,
        max(ended_at) over (
            partition by service_id
            order by started_at, ended_at
            rows between unbounded preceding and 1 preceding
        ) as latest_earlier_end_at
    from intervals
    -- An interval is half-open: one that ends where it starts holds no time.
    where started_at < ended_at
),

numbered as (
    select
        *,
        -- Intervals that touch are one; a gap, however short, makes a new one.
        sum(case when started_at <= latest_earlier_end_at then 0 else 1 end) over (
            partition by service_id
            order by started_at, ended_at
            rows between unbounded preceding and current row
        ) as interval_number
    from before
),

merged as (
    select
        service_id,
        min(started_at) as impact_started_at,
        max(ended_at) as impact_ended_at,
        bool_or(is_open) as is_open,
        count(*) as incident_count
    from numbered
    group by service_id, interval_number
)

select
    service_id,
    is_open,
    cast(incident_count as bigint) as incident_count,
    {{ seconds_between('impact_started_at', 'impact_ended_at') }} as impact_seconds,
    impact_started_at,
    impact_ended_at
from merged
