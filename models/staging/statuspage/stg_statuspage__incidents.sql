with

incidents as (
    select * from {{ landed('statuspage', 'statuspage_incidents') }}
)

select
    id as incident_id,
    {{ json_text('metadata', '$.pagerduty.incident_id') }} as pagerduty_incident_id,
    {{ json_text('metadata', '$.servicenow.number') }} as servicenow_incident_number,
    name as title,
    lower(status) as status,
    lower(impact) as impact,
    -- A planned maintenance is posted in the same list.
    coalesce(lower(impact) = 'maintenance', false)
    or scheduled_for is not null
    or coalesce(
        lower(status) in ('scheduled', 'in_progress', 'verifying', 'completed'), false
    ) as is_maintenance,
    created_at,
    started_at,
    updated_at,
    monitoring_at,
    resolved_at
from incidents
