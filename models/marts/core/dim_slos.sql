with

versions as (
    select * from {{ ref('int_slos__versioned') }}
),

names as (
    select *
    from {{ ref('int_service_names__resolved') }}
    where source_system = 'openslo'
)

select
    versions.slo_version_id,
    versions.slo_id,
    coalesce(names.service_id, 'unattributed') as service_id,
    coalesce(names.service_method, 'none') as service_method,
    'openslo' as source_system,
    versions.slo_name,
    versions.display_name,
    versions.objective_name,
    versions.sli_kind,
    versions.budgeting_method,
    versions.threshold_operator,
    versions.window_duration,
    versions.calendar_unit,
    versions.calendar_zone,
    versions.is_rolling,
    versions.is_traffic,
    versions.is_current,
    versions.threshold_value,
    versions.target,
    versions.time_slice_target,
    versions.time_slice_window_seconds,
    versions.window_seconds,
    case
        when versions.window_seconds % 86400 = 0
            then cast(floor(versions.window_seconds / 86400) as bigint)
    end as window_days,
    versions.calendar_unit_count,
    versions.calendar_started_at,
    versions.valid_from_at,
    versions.valid_to_at
from versions
left join names on versions.service_name = names.source_name
