with

-- An overlapping point is dropped; an unmeasured one makes its whole interval unknown.
points as (
    select *
    from {{ ref('int_sli_points__placed') }}
    where fault is null or fault = 'nothing was measured'
),

intervals as (
    select
        slo_name,
        interval_started_at,
        interval_seconds,
        count(*) filter (where sli_event = 'total' and event_count is null) as unknown_total_count,
        count(*) filter (where sli_event = 'good' and event_count is null) as unknown_good_count,
        count(*) filter (where sli_event = 'bad' and event_count is null) as unknown_bad_count,
        cast(sum(event_count) filter (where sli_event = 'total') as decimal(28, 12))
            as summed_total_count,
        cast(sum(event_count) filter (where sli_event = 'good') as decimal(28, 12))
            as summed_good_count,
        cast(sum(event_count) filter (where sli_event = 'bad') as decimal(28, 12))
            as summed_bad_count
    from points
    group by slo_name, interval_started_at, interval_seconds
),

known as (
    select
        slo_name,
        interval_started_at,
        interval_seconds,
        case when unknown_total_count = 0 then summed_total_count end as total_count,
        case when unknown_good_count = 0 then summed_good_count end as good_count,
        case when unknown_bad_count = 0 then summed_bad_count end as bad_count
    from intervals
),

counted as (
    select
        slo_name,
        interval_started_at,
        interval_seconds,
        total_count,
        coalesce(good_count, cast(total_count - bad_count as decimal(28, 12))) as good_count
    from known
)

select
    slo_name,
    'prometheus' as source_system,
    interval_seconds,
    good_count,
    total_count,
    case
        when total_count is null then 'the total is unknown'
        when good_count is null then 'the good events are unknown'
        -- Extrapolated counts may differ in their last digits.
        when good_count < 0 or good_count - total_count > 0.000001
            then 'more good or bad events than events'
    end as fault,
    interval_started_at
from counted
