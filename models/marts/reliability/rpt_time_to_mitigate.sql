with

quarters as (
    select
        period_start_date as quarter_start_date,
        period_end_date
    from {{ ref('int_periods') }}
    where period_grain = 'quarter'
),

incidents as (
    select * from {{ ref('rpt_major_incidents') }}
),

mitigated as (
    select
        mitigated_quarter_start_date as quarter_start_date,
        count(time_to_mitigate_seconds) as mitigated_count,
        count(*) - count(time_to_mitigate_seconds) as left_out_count,
        percentile_cont(0.5) within group (order by time_to_mitigate_seconds) as median_seconds,
        percentile_cont(0.9) within group (order by time_to_mitigate_seconds) as p90_seconds
    from incidents
    where mitigated_quarter_start_date is not null
    group by all
),

open_at_end as (
    select
        quarters.quarter_start_date,
        count(*) as open_count
    from quarters
    inner join incidents
        on
            incidents.started_at < cast(quarters.period_end_date as timestamp)
            and (
                incidents.mitigated_at is null
                or incidents.mitigated_at >= cast(quarters.period_end_date as timestamp)
            )
    group by all
)

select
    quarters.quarter_start_date,
    coalesce(mitigated.mitigated_count, 0) as mitigated_count,
    coalesce(mitigated.left_out_count, 0) as left_out_count,
    coalesce(open_at_end.open_count, 0) as open_count,
    cast(floor(mitigated.median_seconds) as bigint) as median_seconds,
    cast(floor(mitigated.p90_seconds) as bigint) as p90_seconds
from quarters
left join mitigated on quarters.quarter_start_date = mitigated.quarter_start_date
left join open_at_end on quarters.quarter_start_date = open_at_end.quarter_start_date
