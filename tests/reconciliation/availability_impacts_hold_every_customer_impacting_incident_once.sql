-- Each incident's span lies in exactly one span of each of its services, and these never touch.
with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

impacts as (
    select * from {{ ref('fct_availability_impacts') }}
),

expected as (
    select
        incident_services.service_id,
        incidents.incident_id,
        coalesce(incidents.impact_started_at, incidents.opened_at) as started_at,
        coalesce(incidents.mitigated_at, incidents.closed_at, as_of.as_of) as ended_at
    from {{ ref('fct_incidents') }} as incidents
    inner join {{ ref('fct_incident_services') }} as incident_services
        on incidents.incident_id = incident_services.incident_id
    cross join as_of
    where incidents.is_customer_impacting and not incidents.is_impossible
),

misplaced as (
    select
        expected.service_id,
        expected.incident_id
    from expected
    left join impacts
        on
            expected.service_id = impacts.service_id
            and expected.started_at >= impacts.impact_started_at
            and expected.ended_at <= impacts.impact_ended_at
    where expected.started_at < expected.ended_at
    group by expected.service_id, expected.incident_id
    having count(impacts.service_id) <> 1
),

touching as (
    select
        one.service_id,
        'touches the next' as incident_id
    from impacts as one
    inner join impacts as other
        on
            one.service_id = other.service_id
            and one.impact_started_at < other.impact_started_at
            and one.impact_ended_at >= other.impact_started_at
)

select
    service_id,
    incident_id
from misplaced
union all
select
    service_id,
    incident_id
from touching
