with

points as (
    select * from {{ ref('stg_prometheus__range_values') }}
),

named_series as (
    select *
    from {{ ref('sli_series') }}
    where source_system = 'prometheus'
),

gaps as (
    select
        source_file,
        {{ microseconds_between(
            'lag(measured_at) over (partition by source_file, series_labels order by measured_at)',
            'measured_at'
        ) }} as gap_microseconds
    from points
),

-- One file answers one query, and one query has one step: the smallest distance of two neighbours.
steps as (
    select
        source_file,
        coalesce(
            cast(round(min(gap_microseconds) / 1000000.0) as bigint),
            cast({{ var('sli_default_step_seconds') }} as bigint)
        ) as interval_seconds
    from gaps
    group by source_file
),

placed as (
    select
        points.series_labels,
        coalesce(points.slo_name, named_series.slo_name) as slo_name,
        coalesce(points.sli_event, lower(named_series.sli_event)) as sli_event,
        points.event_count,
        steps.interval_seconds,
        {{ add_to('points.measured_at', '-steps.interval_seconds', 'second') }}
            as interval_started_at,
        points.measured_at as interval_ended_at
    from points
    inner join steps using (source_file)
    left join named_series on points.series_name = named_series.series_name
),

neighbours as (
    select
        *,
        lag(interval_ended_at) over (
            partition by series_labels order by interval_ended_at
        ) as previous_ended_at
    from placed
)

select
    series_labels,
    slo_name,
    sli_event,
    event_count,
    interval_seconds,
    case
        when slo_name is null then 'the series names no SLO'
        when sli_event is null or sli_event not in ('good', 'bad', 'total')
            then 'the series says neither good nor bad nor total'
        when event_count is null then 'nothing was measured'
        -- Steps of one query may differ by a fraction of a second.
        when {{ microseconds_between('previous_ended_at', 'interval_started_at') }} < -500000
            then 'the step was counted already, in shorter ones'
    end as fault,
    interval_started_at,
    interval_ended_at
from neighbours
