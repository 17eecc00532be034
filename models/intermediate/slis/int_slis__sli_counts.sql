with

neighbours as (
    select
        *,
        {{ add_to('interval_started_at', 'interval_seconds', 'second') }} as interval_ended_at
    from {{ ref('stg_sli_counts__intervals') }}
),

ordered as (
    select
        *,
        lag(interval_ended_at) over (
            partition by slo_name order by interval_ended_at asc, interval_started_at desc
        ) as previous_ended_at
    from neighbours
)

select
    slo_name,
    'sli_counts' as source_system,
    interval_seconds,
    good_count,
    total_count,
    case
        when interval_seconds <= 0 then 'the interval has no length'
        when previous_ended_at > interval_started_at
            then 'the interval was counted already, in shorter ones'
        when total_count is null then 'the total is unknown'
        when good_count is null then 'the good events are unknown'
        when good_count < 0 or good_count > total_count
            then 'more good or bad events than events'
    end as fault,
    interval_started_at
from ordered
