{# Read by many: as a view it is planned and computed again for each of them. #}
{{ config(materialized='table') }}

with

incidents as (
    select * from {{ ref('stg_pagerduty__incidents') }}
),

members as (
    select * from {{ ref('int_incidents__grouped') }}
),

log_entries as (
    select * from {{ ref('stg_pagerduty__log_entries') }}
),

notifications as (
    select
        incident_id,
        log_entry_id,
        notified_user_key,
        service_name,
        created_at,
        0 as escalation_count
    from log_entries
    -- E-mail interrupts nobody. A type that is not stated is no proof of an interruption either:
    -- such notifications are no pages, and are listed in the quality mart.
    where log_entry_type = 'notify' and notification_type not like '%mail%'
),

escalations as (
    -- One escalation is logged once per person it goes to, at the same instant.
    select distinct
        incident_id,
        cast(null as string) as log_entry_id,
        cast(null as string) as notified_user_key,
        cast(null as string) as service_name,
        created_at,
        1 as escalation_count
    from log_entries
    where log_entry_type = 'escalate'
),

events as (
    select * from notifications
    union all
    select * from escalations
),

stepped as (
    select
        *,
        1 + sum(escalation_count) over (
            partition by incident_id
            order by created_at asc, escalation_count desc
            rows between unbounded preceding and current row
        ) as escalation_step
    from events
),

numbered as (
    select
        *,
        row_number() over (
            partition by incident_id, notified_user_key, escalation_step
            order by created_at, log_entry_id
        ) as notification_number
    from stepped
    where log_entry_id is not null
),

pages as (
    select
        incident_id,
        notified_user_key,
        escalation_step,
        max(case when notification_number = 1 then log_entry_id end) as first_log_entry_id,
        max(service_name) as service_name,
        count(*) as notification_count,
        min(created_at) as sent_at
    from numbered
    group by incident_id, notified_user_key, escalation_step
),

acknowledgements as (
    select
        incident_id,
        agent_key,
        created_at
    from log_entries
    where log_entry_type = 'acknowledge' and is_by_person
),

acknowledged as (
    select
        pages.first_log_entry_id,
        min(acknowledgements.created_at) as acknowledged_at,
        min(
            case
                when acknowledgements.agent_key = pages.notified_user_key
                    then acknowledgements.created_at
            end
        ) as acknowledged_by_responder_at
    from pages
    inner join acknowledgements
        on
            pages.incident_id = acknowledgements.incident_id
            and pages.sent_at <= acknowledgements.created_at
    group by pages.first_log_entry_id
)

select
    'pagerduty:' || pages.first_log_entry_id as page_id,
    'pagerduty' as source_system,
    'pagerduty:' || pages.incident_id as source_incident_id,
    coalesce(members.incident_id, 'pagerduty:' || pages.incident_id) as incident_id,
    coalesce(incidents.service_name, pages.service_name) as service_name,
    incidents.urgency,
    cast(pages.escalation_step as integer) as escalation_step,
    cast(pages.notification_count as bigint) as notification_count,
    pages.notified_user_key as responder_key,
    pages.sent_at,
    acknowledged.acknowledged_at,
    acknowledged.acknowledged_by_responder_at,
    incidents.resolved_at
from pages
left join incidents on pages.incident_id = incidents.incident_id
left join members on 'pagerduty:' || pages.incident_id = members.member_incident_id
left join acknowledged on pages.first_log_entry_id = acknowledged.first_log_entry_id
