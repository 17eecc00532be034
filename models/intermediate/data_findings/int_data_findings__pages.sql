with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

log_entries as (
    select * from {{ ref('stg_pagerduty__log_entries') }}
)

select
    'pagerduty' as source_system,
    'page' as entity,
    'pagerduty:' || log_entries.log_entry_id as record_id,
    'a notification of no stated type, not counted as a page' as reason,
    'incident pagerduty:' || log_entries.incident_id as detail,
    as_of.as_of as found_at
from log_entries
cross join as_of
where log_entries.log_entry_type = 'notify' and log_entries.notification_type is null
