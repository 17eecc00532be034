-- Every incident landed is an incident of ours once, but for what is gone or planned work.
with

landed_incidents as (
    select distinct 'servicenow:' || number as incident_id
    from {{ source('servicenow', 'servicenow_incident_events') }}
    where _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
    union all
    select distinct 'servicenow_tables:' || sys_id as incident_id
    from {{ source('servicenow_tables', 'servicenow_tables_incidents') }}
    where _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
    union all
    select distinct 'statuspage:' || id as incident_id
    from {{ source('statuspage', 'statuspage_incidents') }}
    where _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
),

incidents as (
    select incident_id from {{ ref('int_incidents__servicenow') }}
    union all
    select incident_id from {{ ref('int_incidents__servicenow_tables') }}
    union all
    select incident_id from {{ ref('int_incidents__statuspage') }}
),

left_out as (
    select 'servicenow_tables:' || incident_id as incident_id
    from {{ ref('stg_servicenow_tables__incidents') }}
    where is_deleted
    union all
    select 'statuspage:' || incident_id as incident_id
    from {{ ref('stg_statuspage__incidents') }}
    where is_maintenance
)

select
    coalesce(landed_incidents.incident_id, incidents.incident_id) as incident_id,
    landed_incidents.incident_id is null as is_invented,
    incidents.incident_id is null as is_lost
from landed_incidents
full outer join incidents on landed_incidents.incident_id = incidents.incident_id
where
    (landed_incidents.incident_id is null or incidents.incident_id is null)
    and coalesce(landed_incidents.incident_id, incidents.incident_id) not in (
        select incident_id from left_out
    )
