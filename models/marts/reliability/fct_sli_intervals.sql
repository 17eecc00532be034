with

measured as (
    select
        *,
        fault is not null as is_impossible,
        -- Shorter input is gathered into five minutes, which cut every zone and every burn window.
        greatest(interval_seconds, 300) as row_seconds,
        case
            when interval_seconds < 300 then {{ floor_to('interval_started_at', 300) }}
            else interval_started_at
        end as row_started_at
    from {{ ref('int_slis__measured') }}
    where total_count is not null and good_count is not null and not is_counted_elsewhere
),

versions as (
    select * from {{ ref('dim_slos') }}
),

judged as (
    select
        versions.slo_id,
        versions.slo_version_id,
        versions.service_id,
        versions.time_slice_target,
        measured.row_started_at,
        measured.row_seconds,
        measured.interval_seconds,
        measured.source_system,
        measured.fault,
        measured.is_impossible,
        case when not measured.is_impossible then measured.good_count else 0 end as good_count,
        case when not measured.is_impossible then measured.total_count else 0 end as total_count,
        case when measured.is_impossible then measured.good_count else 0 end
            as excluded_good_count,
        case when measured.is_impossible then measured.total_count else 0 end
            as excluded_total_count,
        -- Without a stated slice, the interval itself is one.
        coalesce(versions.time_slice_window_seconds, measured.row_seconds) as slice_seconds,
        {{ floor_to(
            'measured.interval_started_at',
            'coalesce(versions.time_slice_window_seconds, measured.row_seconds)'
        ) }} as slice_started_at
    from measured
    inner join versions
        on
            measured.slo_name = versions.slo_name
            and (
                versions.valid_from_at is null
                or versions.valid_from_at <= measured.row_started_at
            )
            and (
                versions.valid_to_at is null
                or versions.valid_to_at > measured.row_started_at
            )
),

summed_slices as (
    select
        slo_id,
        slo_version_id,
        slice_started_at,
        time_slice_target,
        -- A slice is counted once, where its events begin.
        min(row_started_at) as row_started_at,
        cast(sum(good_count) as decimal(28, 12)) as good_count,
        cast(sum(total_count) as decimal(28, 12)) as total_count
    from judged
    -- A slice without events is absent, not good. One shorter than the input cannot be seen.
    where total_count > 0 and slice_seconds >= interval_seconds
    group by slo_id, slo_version_id, slice_started_at, time_slice_target
),

slice_ratios as (
    select
        slo_id,
        row_started_at,
        good_count >= {{ money_multiply('total_count', 'time_slice_target') }} as is_good,
        {{ money_divide('good_count', 'total_count') }} as good_ratio
    from summed_slices
),

slices as (
    select
        slo_id,
        row_started_at,
        count(*) as slice_count,
        count(*) filter (where is_good) as good_slice_count,
        cast(sum(good_ratio) as decimal(28, 12)) as slice_ratio_sum
    from slice_ratios
    group by slo_id, row_started_at
),

intervals as (
    select
        slo_id,
        slo_version_id,
        service_id,
        source_system,
        row_started_at,
        time_slice_target is not null as has_slice_target,
        max(row_seconds) as row_seconds,
        cast(sum(good_count) as decimal(28, 12)) as good_count,
        cast(sum(total_count) as decimal(28, 12)) as total_count,
        cast(sum(excluded_good_count) as decimal(28, 12)) as excluded_good_count,
        cast(sum(excluded_total_count) as decimal(28, 12)) as excluded_total_count,
        max(interval_seconds) <= max(slice_seconds) as has_slices,
        max(fault) as exclusion_reason
    from judged
    group by
        slo_id,
        slo_version_id,
        service_id,
        source_system,
        row_started_at,
        time_slice_target
)

select
    intervals.source_system || ':' || intervals.slo_id || '@'
    || cast(intervals.row_started_at as string) as sli_interval_id,
    intervals.slo_id,
    intervals.slo_version_id,
    intervals.service_id,
    intervals.source_system,
    intervals.exclusion_reason,
    intervals.good_count,
    intervals.total_count,
    case when intervals.has_slices then coalesce(slices.slice_count, 0) end as slice_count,
    case
        when intervals.has_slices and intervals.has_slice_target
            then coalesce(slices.good_slice_count, 0)
    end as good_slice_count,
    case
        when intervals.has_slices
            then coalesce(slices.slice_ratio_sum, cast(0 as decimal(28, 12)))
    end as slice_ratio_sum,
    intervals.excluded_good_count,
    intervals.excluded_total_count,
    intervals.row_seconds as interval_seconds,
    intervals.row_started_at as interval_started_at
from intervals
left join slices using (slo_id, row_started_at)
