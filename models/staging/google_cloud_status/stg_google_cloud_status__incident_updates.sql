with

updates as (
    select * from {{ landed('google_cloud_status', 'google_cloud_status_incident_updates') }}
)

select
    incident_id,
    status,
    created as posted_at,
    shown_at,
    modified as modified_at
from updates
