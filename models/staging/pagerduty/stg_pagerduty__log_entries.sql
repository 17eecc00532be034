with

nested_entries as (
    select
        id,
        incident_id,
        type,
        agent_type,
        agent_id,
        user_id,
        channel_type,
        notification_type,
        notification_status,
        service_id,
        service_name,
        created_at,
        1 as is_nested
    from {{ landed('pagerduty', 'pagerduty_incident_log_entries') }}
),

separate_entries as (
    select
        id,
        incident_id,
        type,
        agent_type,
        agent_id,
        user_id,
        channel_type,
        notification_type,
        notification_status,
        service_id,
        service_name,
        created_at,
        0 as is_nested
    from {{ landed('pagerduty', 'pagerduty_log_entries') }}
),

every_entry as (
    select *
    from nested_entries
    union all
    select *
    from separate_entries
)

select
    id as log_entry_id,
    incident_id,
    lower(replace(type, '_log_entry', '')) as log_entry_type,
    coalesce(agent_type = 'user_reference', false) as is_by_person,
    case when agent_type = 'user_reference' then agent_id end as agent_key,
    user_id as notified_user_key,
    channel_type,
    lower(notification_type) as notification_type,
    notification_status,
    coalesce(nullif(trim(service_name), ''), service_id) as service_name,
    created_at
from every_entry
-- A log entry never changes, but one export may tell more of it than another.
qualify row_number() over (
    partition by id
    order by
        case when notification_type is null then 1 else 0 end,
        case when user_id is null then 1 else 0 end,
        is_nested
) = 1
