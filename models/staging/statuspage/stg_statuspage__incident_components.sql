with

incidents as (
    select * from {{ landed('statuspage', 'statuspage_incidents') }}
),

updates as (
    select * from {{ landed('statuspage', 'statuspage_incident_updates') }}
),

named_by_incident as (
    select
        id as incident_id,
        created_at,
        {{ explode_json_list('components') }} as component
    from incidents
),

-- Some answers leave the incident's list empty and name components in the updates only.
named_by_update as (
    select
        incident_id,
        created_at,
        {{ explode_json_list('affected_components') }} as component
    from updates
),

named as (
    select incident_id, {{ json_text('component', '$.name') }} as service_name, created_at
    from named_by_incident
    union all
    select incident_id, {{ json_text('component', '$.name') }} as service_name, created_at
    from named_by_update
)

select
    incident_id,
    service_name,
    min(created_at) as first_named_at
from named
where service_name is not null
group by incident_id, service_name
