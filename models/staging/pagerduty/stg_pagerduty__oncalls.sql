select
    escalation_policy_id,
    escalation_policy_name,
    escalation_level,
    schedule_id,
    schedule_name,
    user_id as user_key,
    start_at as started_at,
    end_at as ended_at
from {{ landed('pagerduty', 'pagerduty_oncalls') }}
