with

incidents as (
    select * from {{ ref('stg_servicenow_tables__incidents') }}
    where not is_deleted
),

tasks as (
    select * from {{ ref('stg_servicenow_tables__tasks') }}
),

change_requests as (
    select * from {{ ref('stg_servicenow_tables__change_requests') }}
),

-- What the connector split off is put back.
whole as (
    select
        incidents.incident_id,
        incidents.parent_incident_id,
        incidents.problem_id,
        incidents.caused_by_change_id,
        incidents.incident_state,
        incidents.severity,
        incidents.category,
        incidents.created_at,
        incidents.resolved_at,
        coalesce(incidents.incident_number, tasks.task_number) as incident_number,
        coalesce(incidents.correlation_id, tasks.correlation_id) as correlation_id,
        coalesce(incidents.correlation_system, tasks.correlation_system) as correlation_system,
        coalesce(incidents.service_name, tasks.service_name) as service_name,
        coalesce(incidents.title, tasks.title) as title,
        coalesce(incidents.priority, tasks.priority) as priority,
        coalesce(incidents.contact_type, tasks.contact_type) as contact_type,
        coalesce(incidents.opened_at, tasks.opened_at) as opened_at,
        coalesce(incidents.closed_at, tasks.closed_at) as closed_at
    from incidents
    left join tasks on incidents.incident_id = tasks.task_id
)

select
    'servicenow_tables:' || whole.incident_id as incident_id,
    'servicenow_tables' as source_system,
    -- Priority and severity are two scales; a severity says that it is one.
    coalesce(whole.priority, 'severity ' || whole.severity) as source_severity,
    whole.title,
    whole.service_name as service_names,
    whole.problem_id,
    cast(null as string) as cause_key,
    coalesce(change_requests.change_request_number, whole.caused_by_change_id)
        as caused_by_reference,
    cast(null as string) as vendor_dependency,
    {{ servicenow_detection_source('whole.contact_type') }} as detection_source,
    cast(null as boolean) as is_stated_customer_impacting,
    cast(null as double) as impact_share,
    coalesce(lower(whole.category) like '%security%', false) as is_security,
    cast(null as boolean) as has_commander,
    coalesce(lower(whole.incident_state) in ('canceled', 'cancelled', '8'), false)
        as is_cancelled,
    -- A parent nobody exported cannot stand for its child.
    'servicenow_tables:' || parents.incident_id as merged_into_incident_id,
    -- The audit log knows the same incident by its number.
    nullif(
        concat_ws(
            '|',
            {{ servicenow_cross_reference('whole.correlation_system', 'whole.correlation_id') }},
            'servicenow:' || whole.incident_number
        ),
        ''
    ) as cross_reference_ids,
    coalesce(whole.opened_at, whole.created_at) as opened_at,
    cast(null as timestamp) as stated_impact_started_at,
    cast(null as timestamp) as stated_detected_at,
    cast(null as timestamp) as acknowledged_at,
    cast(null as timestamp) as stated_mitigated_at,
    cast(null as timestamp) as status_page_mitigated_at,
    whole.resolved_at,
    cast(null as timestamp) as first_customer_update_at,
    whole.closed_at
from whole
left join change_requests on whole.caused_by_change_id = change_requests.change_request_id
left join incidents as parents
    on
        whole.parent_incident_id = parents.incident_id
        and whole.incident_id <> parents.incident_id
