with

events as (
    select * from {{ landed('servicenow', 'servicenow_incident_events') }}
)

select
    number as incident_number,
    problem_id,
    rfc as change_request_id,
    caused_by as caused_by_change_id,
    correlation_id,
    correlation_display as correlation_system,
    -- The item at fault stands in where nobody said which service suffers.
    coalesce(business_service, cmdb_ci) as service_name,
    short_description as title,
    incident_state,
    priority,
    impact,
    urgency,
    category,
    subcategory,
    contact_type,
    vendor as vendor_name,
    closed_code,
    -- Two changes can carry one count; then the one saved later is the later state.
    row_number() over (
        partition by number
        order by
            sys_mod_count desc,
            sys_updated_at desc nulls last,
            _landing_id desc,
            _source_row desc
    ) = 1 as is_latest_state,
    sys_mod_count as modification_count,
    reassignment_count,
    reopen_count,
    opened_at,
    sys_updated_at as updated_at,
    resolved_at,
    closed_at
from events
