with

-- A definition without a target between 0 and 1, or without a method, promises nothing.
states as (
    select
        *,
        concat_ws(
            '|',
            coalesce(display_name, '∅'),
            coalesce(objective_name, '∅'),
            coalesce(service_name, '∅'),
            coalesce(sli_kind, '∅'),
            cast(is_traffic as string),
            budgeting_method,
            coalesce(threshold_operator, '∅'),
            coalesce(cast(threshold_value as string), '∅'),
            cast(target as string),
            coalesce(cast(time_slice_target as string), '∅'),
            coalesce(cast(time_slice_window_seconds as string), '∅'),
            coalesce(window_duration, '∅'),
            cast(is_rolling as string),
            coalesce(calendar_zone, '∅'),
            coalesce(cast(calendar_started_at as string), '∅')
        ) as definition
    from {{ ref('stg_openslo__objectives') }}
    where target between 0 and 1 and budgeting_method is not null
),

compared as (
    select
        *,
        lag(definition) over (
            partition by slo_name, objective_place order by defined_at, landing_id
        ) as previous_definition
    from states
),

-- Landed again without a change, it is still the same version.
changes as (
    select *
    from compared
    where previous_definition is null or definition <> previous_definition
),

numbered as (
    select
        *,
        'openslo:' || slo_name || case
            when objective_place > 1 then '/' || cast(objective_place as string)
            else ''
        end as slo_id,
        row_number() over (
            partition by slo_name, objective_place order by defined_at, landing_id
        ) as version_number,
        lead(defined_at) over (
            partition by slo_name, objective_place order by defined_at, landing_id
        ) as valid_to_at
    from changes
)

select
    slo_id || '@' || cast(version_number as string) as slo_version_id,
    slo_id,
    slo_name,
    display_name,
    objective_name,
    service_name,
    sli_kind,
    budgeting_method,
    threshold_operator,
    threshold_value,
    target,
    time_slice_target,
    time_slice_window_seconds,
    window_duration,
    window_seconds,
    calendar_unit,
    calendar_unit_count,
    calendar_zone,
    calendar_started_at,
    is_rolling,
    is_traffic,
    valid_to_at is null as is_current,
    -- Nothing was promised otherwise before the first definition we have: it counts for all earlier time.
    case when version_number > 1 then defined_at end as valid_from_at,
    valid_to_at
from numbered
