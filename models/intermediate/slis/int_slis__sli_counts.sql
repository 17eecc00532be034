with

neighbours as (
    select
        *,
        -- What counts nothing itself takes no other interval's place.
        coalesce(
            interval_seconds > 0 and good_count >= 0 and good_count <= total_count, false
        ) as is_usable,
        {{ add_to('interval_started_at', 'interval_seconds', 'second') }} as interval_ended_at
    from {{ ref('stg_sli_counts__intervals') }}
),

ordered as (
    select
        *,
        lag(interval_ended_at) over (
            partition by slo_name, is_usable
            order by interval_ended_at asc, interval_started_at desc
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
        when total_count is null then 'the total is unknown'
        when good_count is null then 'the good events are unknown'
        when good_count < 0 or good_count > total_count
            then 'more good or bad events than events'
        when previous_ended_at > interval_started_at
            then 'the interval was counted already, in shorter ones'
    end as fault,
    interval_started_at
from ordered
