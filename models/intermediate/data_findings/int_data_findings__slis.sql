with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

points as (
    select
        'prometheus' as source_system,
        'sli_series' as entity,
        series_labels as record_id,
        fault as reason,
        interval_started_at
    from {{ ref('int_sli_points__placed') }}
    where fault is not null
),

measured as (
    select *
    from {{ ref('int_slis__measured') }}
),

slos as (
    select distinct slo_name
    from {{ ref('int_slos__versioned') }}
),

intervals as (
    select
        measured.source_system,
        'sli_interval' as entity,
        measured.slo_name as record_id,
        coalesce(measured.fault, 'no OpenSLO definition has this name') as reason,
        measured.interval_started_at
    from measured
    left join slos using (slo_name)
    where measured.fault is not null or slos.slo_name is null
),

faults as (
    select * from points
    union all
    select * from intervals
),

definitions as (
    select
        slo_name,
        case
            when target is null or target not between 0 and 1
                then 'the target is no share between 0 and 1'
            when budgeting_method is null then 'the budgeting method is missing'
            when is_rolling and window_seconds is null
                then 'the rolling window has no length in hours, days or weeks'
            when not is_rolling and calendar_unit is null then 'the calendar window has no unit'
        end as reason
    from {{ ref('stg_openslo__objectives') }}
),

listed as (
    select
        source_system,
        entity,
        record_id,
        reason,
        cast(count(*) as string) || ' intervals from ' || cast(min(interval_started_at) as string)
            as detail
    from faults
    group by source_system, entity, record_id, reason

    union all

    select
        'openslo' as source_system,
        'slo' as entity,
        slo_name as record_id,
        reason,
        cast(count(*) as string) || ' landed objectives' as detail
    from definitions
    where reason is not null
    group by slo_name, reason
)

select
    listed.source_system,
    listed.entity,
    listed.record_id,
    listed.reason,
    listed.detail,
    as_of.as_of as found_at
from listed
cross join as_of
