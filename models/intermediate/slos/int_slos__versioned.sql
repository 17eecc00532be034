with

described as (
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
),

landed_slos as (
    select distinct
        slo_name,
        defined_at,
        landing_id
    from described
),

places as (
    select distinct
        slo_name,
        objective_place
    from described
),

-- An objective its SLO no longer has is a state too: it ends the version before.
states as (
    select
        landed_slos.slo_name,
        places.objective_place,
        landed_slos.defined_at,
        landed_slos.landing_id,
        described.display_name,
        described.objective_name,
        described.service_name,
        described.sli_kind,
        described.budgeting_method,
        described.threshold_operator,
        described.threshold_value,
        described.target,
        described.time_slice_target,
        described.time_slice_window_seconds,
        described.window_duration,
        described.window_seconds,
        described.calendar_unit,
        described.calendar_unit_count,
        described.calendar_zone,
        described.calendar_started_at,
        described.is_rolling,
        described.is_traffic,
        described.slo_name is not null as is_present,
        coalesce(described.definition, 'absent') as definition
    from landed_slos
    inner join places using (slo_name)
    left join described
        on
            landed_slos.slo_name = described.slo_name
            and landed_slos.landing_id = described.landing_id
            and places.objective_place = described.objective_place
    -- A definition without a method or a share as its target promises nothing and changes nothing.
    where
        described.slo_name is null
        or (described.target between 0 and 1 and described.budgeting_method is not null)
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

bounded as (
    select
        *,
        previous_definition is not null as has_predecessor,
        lead(defined_at) over (
            partition by slo_name, objective_place order by defined_at, landing_id
        ) as valid_to_at
    from changes
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
        ) as version_number
    from bounded
    where is_present
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
    -- Before the first definition nothing else is known to have been promised.
    case when has_predecessor then defined_at end as valid_from_at,
    valid_to_at
from numbered
