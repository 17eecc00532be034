with

change_requests as (
    select * from {{ landed('servicenow_tables', 'servicenow_tables_change_requests') }}
)

select
    sys_id as change_request_id,
    number as change_request_number,
    coalesce(cmdb_ci, cmdb_ci_value) as service_name,
    type as change_type,
    category,
    state as change_state,
    phase,
    phase_state,
    risk,
    close_code,
    conflict_status,
    coalesce(is_deleted, false) as is_deleted,
    cab_required as is_board_required,
    on_hold as is_on_hold,
    outside_maintenance_schedule as is_outside_schedule,
    production_system as is_production,
    unauthorized as is_unauthorized,
    sys_created_on as created_at,
    sys_updated_on as updated_at,
    -- ServiceNow calls them dates; they are instants.
    start_date as planned_start_at,
    end_date as planned_end_at,
    work_start as started_at,
    work_end as ended_at
from change_requests
