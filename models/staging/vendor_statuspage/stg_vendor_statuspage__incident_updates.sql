with

updates as (
    select * from {{ landed('vendor_statuspage', 'vendor_statuspage_incident_updates') }}
)

select
    id as update_id,
    incident_id,
    lower(status) as status,
    created_at as posted_at,
    coalesce(display_at, created_at) as shown_at
from updates
