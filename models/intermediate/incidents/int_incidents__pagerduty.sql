with

incidents as (
    select * from {{ ref('stg_pagerduty__incidents') }}
),

log_entries as (
    select
        incident_id,
        min(case when log_entry_type = 'acknowledge' and is_by_person then created_at end)
            as acknowledged_at,
        max(case when log_entry_type = 'trigger' and is_by_person then 1 else 0 end) = 1
            as is_triggered_by_person,
        max(case when log_entry_type = 'trigger' and not is_by_person then 1 else 0 end) = 1
            as is_triggered_by_monitor
    from {{ ref('stg_pagerduty__log_entries') }}
    group by incident_id
)

select
    'pagerduty:' || incidents.incident_id as incident_id,
    'pagerduty' as source_system,
    coalesce(incidents.priority_name, incidents.urgency) as source_severity,
    incidents.title,
    incidents.service_name as service_names,
    cast(null as string) as problem_id,
    cast(null as string) as cause_key,
    cast(null as string) as caused_by_reference,
    cast(null as string) as vendor_dependency,
    case
        when log_entries.is_triggered_by_monitor then 'monitor'
        when log_entries.is_triggered_by_person then 'person'
    end as detection_source,
    cast(null as boolean) as is_stated_customer_impacting,
    cast(null as double) as impact_share,
    coalesce(lower(incidents.incident_type_name) like '%security%', false) as is_security,
    cast(null as boolean) as has_commander,
    false as is_cancelled,
    'pagerduty:' || incidents.merged_into_incident_id as merged_into_incident_id,
    cast(null as string) as cross_reference_ids,
    incidents.created_at as opened_at,
    cast(null as timestamp) as stated_impact_started_at,
    cast(null as timestamp) as stated_detected_at,
    log_entries.acknowledged_at,
    cast(null as timestamp) as stated_mitigated_at,
    cast(null as timestamp) as status_page_mitigated_at,
    incidents.resolved_at,
    cast(null as timestamp) as first_customer_update_at,
    -- PagerDuty resolves; it does not close.
    cast(null as timestamp) as closed_at
from incidents
left join log_entries on incidents.incident_id = log_entries.incident_id
