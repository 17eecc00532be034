with

objectives as (
    select
        *,
        {{ json_text('time_window', '$[0].duration') }} as window_duration,
        {{ json_text('time_window', '$[0].isRolling') }} as rolling_text,
        {{ json_text('time_window', '$[0].calendar.timeZone') }} as calendar_zone,
        {{ json_text('time_window', '$[0].calendar.startTime') }} as calendar_start_text
    from {{ landed_states('openslo', 'openslo_objectives') }}
),

durations as (
    select
        *,
        try_cast(regexp_extract(window_duration, '^([0-9]+)[a-zA-Z]$', 1) as bigint)
            as window_length,
        regexp_extract(window_duration, '^[0-9]+([a-zA-Z])$', 1) as window_unit,
        try_cast(regexp_extract(time_slice_window, '^([0-9]+)[a-zA-Z]$', 1) as bigint)
            as slice_length,
        regexp_extract(time_slice_window, '^[0-9]+([a-zA-Z])$', 1) as slice_unit,
        coalesce(rolling_text = 'true', calendar_zone is null) as is_rolling
    from objectives
)

select
    name as slo_name,
    row_number() over (
        partition by _landing_id, name order by _source_row, objective, target, time_slice_target
    ) as objective_place,
    display_name,
    objective as objective_name,
    service as service_name,
    case
        when ratio_metric is not null then 'ratio'
        when threshold_metric is not null then 'threshold'
        when indicator_reference is not null then 'reference'
    end as sli_kind,
    coalesce(lower({{ json_member('labels', 'is_traffic') }}) = 'true', false) as is_traffic,
    case lower(budgeting_method)
        when 'occurrences' then 'Occurrences'
        when 'timeslices' then 'Timeslices'
        when 'ratiotimeslices' then 'RatioTimeslices'
    end as budgeting_method,
    lower(op) as threshold_operator,
    try_cast(value as double) as threshold_value,
    coalesce(
        try_cast(target as decimal(28, 12)),
        {{ money_divide('try_cast(target_percent as decimal(28, 12))', 100) }}
    ) as target,
    try_cast(time_slice_target as decimal(28, 12)) as time_slice_target,
    slice_length * case slice_unit
        when 's' then 1
        when 'm' then 60
        when 'h' then 3600
        when 'd' then 86400
    end as time_slice_window_seconds,
    window_duration,
    is_rolling,
    -- How long a rolling month is, no definition says.
    case
        when is_rolling
            then window_length * case window_unit
                when 'h' then 3600
                when 'd' then 86400
                when 'w' then 604800
            end
    end as window_seconds,
    -- OpenSLO writes minutes m and months M; its own example says 1m for a calendar month, and
    -- no calendar has a window of minutes, so here both letters mean months.
    case
        when not is_rolling
            then case
                when window_unit = 'h' then 'hour'
                when window_unit = 'd' then 'day'
                when window_unit = 'w' then 'week'
                when window_unit in ('m', 'M') then 'month'
                when window_unit in ('q', 'Q') then 'quarter'
                when window_unit in ('y', 'Y') then 'year'
            end
    end as calendar_unit,
    case when not is_rolling then window_length end as calendar_unit_count,
    calendar_zone,
    case
        when calendar_zone is not null
            then {{ utc_time(
                "try_cast(replace(calendar_start_text, 'T', ' ') as timestamp)", 'calendar_zone'
            ) }}
    end as calendar_started_at,
    coalesce(cast(effective_date as timestamp), _landed_at) as defined_at,
    _landing_id as landing_id
from durations
