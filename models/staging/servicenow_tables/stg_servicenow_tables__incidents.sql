with

incidents as (
    select * from {{ landed('servicenow_tables', 'servicenow_tables_incidents') }}
)

select
    sys_id as incident_id,
    number as incident_number,
    parent_incident_value as parent_incident_id,
    problem_id_value as problem_id,
    rfc_value as change_request_id,
    caused_by_value as caused_by_change_id,
    correlation_id,
    correlation_display as correlation_system,
    -- Names before keys: a key only means something to an alias.
    coalesce(business_service, cmdb_ci, business_service_value, cmdb_ci_value) as service_name,
    short_description as title,
    coalesce(incident_state, state) as incident_state,
    priority,
    severity,
    category,
    subcategory,
    contact_type,
    close_code,
    coalesce(is_deleted, false) as is_deleted,
    reopen_count,
    opened_at,
    sys_created_on as created_at,
    sys_updated_on as updated_at,
    resolved_at,
    closed_at
from incidents
