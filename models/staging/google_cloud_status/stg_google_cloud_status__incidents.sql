with

incidents as (
    select * from {{ landed('google_cloud_status', 'google_cloud_status_incidents') }}
)

select
    id as incident_id,
    number as incident_number,
    service_name as product_name,
    external_desc as title,
    severity,
    status_impact,
    uri,
    began_at,
    created as created_at,
    ended_at,
    modified as modified_at
from incidents
