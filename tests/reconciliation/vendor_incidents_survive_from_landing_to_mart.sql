-- Maintenance is no incident; everything else landed is in the mart once, and nothing else is.
with

landed_incidents as (
    select distinct 'google_cloud_status:' || id as vendor_incident_id
    from {{ source('google_cloud_status', 'google_cloud_status_incidents') }}
    where _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
    union all
    select distinct 'vendor_statuspage:' || id as vendor_incident_id
    from {{ source('vendor_statuspage', 'vendor_statuspage_incidents') }}
    where _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
),

maintenance as (
    select 'vendor_statuspage:' || incident_id as vendor_incident_id
    from {{ ref('stg_vendor_statuspage__incidents') }}
    where is_maintenance
)

select
    coalesce(landed_incidents.vendor_incident_id, mart.vendor_incident_id) as vendor_incident_id,
    landed_incidents.vendor_incident_id is null as is_invented,
    mart.vendor_incident_id is null as is_lost
from landed_incidents
full outer join {{ ref('fct_vendor_incidents') }} as mart
    on landed_incidents.vendor_incident_id = mart.vendor_incident_id
where
    (landed_incidents.vendor_incident_id is null or mart.vendor_incident_id is null)
    and coalesce(landed_incidents.vendor_incident_id, mart.vendor_incident_id) not in (
        select vendor_incident_id from maintenance
    )
