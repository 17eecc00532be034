select
    id as incident_id,
    incident_number,
    title,
    lower(status) as status,
    lower(urgency) as urgency,
    nullif(trim(priority_name), '') as priority_name,
    incident_type_name,
    service_id,
    -- A reference exported without its summary still names the service by id.
    coalesce(nullif(trim(service_name), ''), service_id) as service_name,
    escalation_policy_id,
    merged_into_id as merged_into_incident_id,
    created_at,
    updated_at,
    -- Exports older than the field state no resolved_at: then the change to resolved says it.
    case
        when lower(status) = 'resolved' then coalesce(resolved_at, last_status_change_at)
    end as resolved_at
from {{ landed('pagerduty', 'pagerduty_incidents') }}
