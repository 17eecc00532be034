with

events as (
    select * from {{ ref('stg_servicenow__incident_events') }}
),

incidents as (
    select * from events
    where is_latest_state
),

-- Taken up: the first change that left New for work. An incident that went from New straight to
-- Resolved does not say when that was.
taken_up as (
    select
        incident_number,
        min(updated_at) as acknowledged_at
    from events
    where lower(incident_state) not in ('new', 'resolved', 'closed', 'canceled', 'cancelled')
    group by incident_number
)

select
    'servicenow:' || incidents.incident_number as incident_id,
    'servicenow' as source_system,
    incidents.priority as source_severity,
    incidents.title,
    incidents.service_name as service_names,
    incidents.problem_id,
    cast(null as string) as cause_key,
    incidents.caused_by_change_id as caused_by_reference,
    incidents.vendor_name as vendor_dependency,
    {{ servicenow_detection_source('incidents.contact_type') }} as detection_source,
    cast(null as boolean) as is_stated_customer_impacting,
    cast(null as double) as impact_share,
    coalesce(lower(incidents.category) like '%security%', false) as is_security,
    cast(null as boolean) as has_commander,
    coalesce(lower(incidents.incident_state) in ('canceled', 'cancelled', '8'), false)
        as is_cancelled,
    cast(null as string) as merged_into_incident_id,
    {{ servicenow_cross_reference('incidents.correlation_system', 'incidents.correlation_id') }}
        as cross_reference_ids,
    incidents.opened_at,
    cast(null as timestamp) as stated_impact_started_at,
    cast(null as timestamp) as stated_detected_at,
    taken_up.acknowledged_at,
    cast(null as timestamp) as stated_mitigated_at,
    cast(null as timestamp) as status_page_mitigated_at,
    incidents.resolved_at,
    cast(null as timestamp) as first_customer_update_at,
    incidents.closed_at
from incidents
left join taken_up on incidents.incident_number = taken_up.incident_number
