with

oncalls as (
    select * from {{ ref('stg_pagerduty__oncalls') }}
),

people as (
    select * from {{ ref('dim_people') }}
    where pagerduty_id is not null
    -- Two people listed with one PagerDuty user would double its shifts.
    qualify row_number() over (partition by pagerduty_id order by person_id) = 1
),

shifts as (
    select
        schedule_id,
        schedule_name,
        -- A rotation may serve several policies: that is one shift. Without a rotation the policy
        -- itself says what the person is on call for.
        case when schedule_id is null then escalation_policy_id end as escalation_policy_id,
        escalation_level,
        user_key,
        started_at,
        ended_at
    from oncalls
)

select
    coalesce(people.person_id, shifts.user_key) as person_id,
    shifts.schedule_id,
    shifts.escalation_policy_id,
    'pagerduty' as source_system,
    max(shifts.schedule_name) as schedule_name,
    shifts.escalation_level,
    people.person_id is not null as is_known_person,
    shifts.started_at is null and shifts.ended_at is null as is_always_on_call,
    shifts.started_at,
    shifts.ended_at
from shifts
left join people on shifts.user_key = people.pagerduty_id
group by
    coalesce(people.person_id, shifts.user_key),
    shifts.schedule_id,
    shifts.escalation_policy_id,
    shifts.escalation_level,
    people.person_id is not null,
    shifts.started_at,
    shifts.ended_at
