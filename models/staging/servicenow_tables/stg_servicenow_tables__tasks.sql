with

tasks as (
    select * from {{ landed('servicenow_tables', 'servicenow_tables_tasks') }}
)

select
    sys_id as task_id,
    number as task_number,
    correlation_id,
    correlation_display as correlation_system,
    coalesce(business_service, cmdb_ci, business_service_value, cmdb_ci_value) as service_name,
    short_description as title,
    priority,
    contact_type,
    coalesce(is_deleted, false) as is_deleted,
    opened_at,
    sys_updated_on as updated_at,
    closed_at
from tasks
