{# Read by many: as a view it is planned and computed again for each of them. #}
{{ config(materialized='table') }}

with

pagerduty as (
    select * from {{ ref('int_incidents__pagerduty') }}
),

servicenow as (
    select * from {{ ref('int_incidents__servicenow') }}
),

servicenow_tables as (
    select * from {{ ref('int_incidents__servicenow_tables') }}
),

statuspage as (
    select * from {{ ref('int_incidents__statuspage') }}
),

unioned as (
    select * from pagerduty
    union all
    select * from servicenow
    union all
    select * from servicenow_tables
    union all
    select * from statuspage
)

select
    incident_id,
    source_system,
    source_severity,
    title,
    service_names,
    problem_id,
    cause_key,
    caused_by_reference,
    vendor_dependency,
    detection_source,
    is_stated_customer_impacting,
    impact_share,
    is_security,
    has_commander,
    is_cancelled,
    merged_into_incident_id,
    cross_reference_ids,
    opened_at,
    stated_impact_started_at,
    stated_detected_at,
    acknowledged_at,
    stated_mitigated_at,
    status_page_mitigated_at,
    resolved_at,
    first_customer_update_at,
    closed_at
from unioned
