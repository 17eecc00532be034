with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

incidents as (
    select * from {{ ref('int_vendor_incidents__unioned') }}
)

select
    incidents.source_system,
    'vendor incident' as entity,
    incidents.vendor_incident_id as record_id,
    'ended before it started' as reason,
    'started ' || cast(incidents.started_at as string)
    || ', ended ' || cast(incidents.ended_at as string) as detail,
    as_of.as_of as found_at
from incidents
cross join as_of
where incidents.ended_at < incidents.started_at
