with

pages as (
    select * from {{ ref('int_pages__pagerduty') }}
),

names as (
    select * from {{ ref('int_service_names__resolved') }}
)

select
    pages.page_id,
    pages.incident_id,
    case
        when pages.service_name is null then 'unattributed'
        else coalesce(names.service_id, lower(trim(pages.service_name)))
    end as service_id,
    pages.source_system,
    pages.source_incident_id,
    case
        when pages.service_name is null then 'none'
        else coalesce(names.service_method, 'uncatalogued')
    end as service_method,
    pages.urgency,
    pages.escalation_step,
    pages.notification_count,
    {{ seconds_between('pages.sent_at', 'pages.acknowledged_at') }} as time_to_acknowledge_seconds,
    pages.sent_at,
    pages.acknowledged_at,
    pages.resolved_at
from pages
left join names
    on
        pages.source_system = names.source_system
        and pages.service_name = names.source_name
