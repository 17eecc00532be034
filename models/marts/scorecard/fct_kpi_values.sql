with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

kpis as (
    select * from {{ ref('kpis') }}
    where is_built
),

periods as (
    select * from {{ ref('int_periods') }}
),

service_scopes as (
    select distinct
        service_scope,
        scope_type,
        scope_id
    from {{ ref('int_service_scopes') }}
),

every_scope as (
    select
        scope_type,
        scope_id
    from service_scopes
    where service_scope = 'all'
),

measured as (
    select * from {{ ref('int_kpis__united') }}
),

feeds as (
    select * from {{ ref('int_kpi_feeds') }}
),

fed_spans as (
    select
        fed_by,
        min(fed_date) as first_fed_date,
        cast({{ add_to('max(fed_date)', var('silent_after_days'), 'day') }} as date)
            as silent_from_date
    from feeds
    group by fed_by
),

last_landed as (
    select
        source_system,
        max(landed_at) as landed_at
    from {{ ref('stg_nines__landings') }}
    where is_landed
    group by source_system
),

fed_periods as (
    select distinct
        feeds.fed_by,
        feeds.source_system,
        days.period_grain,
        days.period_start_date
    from feeds
    inner join {{ ref('int_period_days') }} as days on feeds.fed_date = days.day_date
),

-- Systems that fed the period before and have landed nothing since this one ended.
awaited as (
    select
        fed_periods.fed_by,
        periods.period_grain,
        periods.period_start_date,
        count(*) as system_count
    from periods
    inner join fed_periods
        on
            periods.period_grain = fed_periods.period_grain
            and periods.previous_start_date = fed_periods.period_start_date
    left join last_landed on fed_periods.source_system = last_landed.source_system
    where
        last_landed.landed_at is null
        or last_landed.landed_at < cast(periods.period_end_date as timestamp)
    group by fed_periods.fed_by, periods.period_grain, periods.period_start_date
),

-- Every KPI, period and scope: a quiet one is a row too.
spine as (
    select
        kpis.kpi_id,
        kpis.statistic,
        kpis.unit,
        kpis.target_direction,
        case when kpis.target_value is not null then kpis.target_kind end as target_kind,
        kpis.target_value as target_factor,
        kpis.minimum_sample_count,
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date,
        every_scope.scope_type,
        every_scope.scope_id,
        -- Nothing can be said before the first record, long after the last, nor of services
        -- outside the KPI's filter.
        coalesce(
            fed_spans.first_fed_date < periods.period_end_date
            and fed_spans.silent_from_date >= periods.period_start_date, false
        )
        and kpi_scopes.scope_id is not null as is_measurable,
        cast(periods.period_end_date as timestamp) <= as_of.as_of
        and awaited.system_count is null as is_complete
    from kpis
    cross join periods
    cross join as_of
    cross join every_scope
    left join service_scopes as kpi_scopes
        on
            kpis.service_scope = kpi_scopes.service_scope
            and every_scope.scope_type = kpi_scopes.scope_type
            and every_scope.scope_id = kpi_scopes.scope_id
    left join fed_spans on kpis.fed_by = fed_spans.fed_by
    left join awaited
        on
            kpis.fed_by = awaited.fed_by
            and periods.period_grain = awaited.period_grain
            and periods.period_start_date = awaited.period_start_date
),

filled as (
    select
        spine.*,
        case
            when not spine.is_measurable then null
            when spine.statistic = 'quantile' then null
            else coalesce(measured.numerator, 0)
        end as numerator,
        case spine.statistic
            when 'quantile' then null
            when 'ratio' then coalesce(measured.denominator, 0)
            else 1
        end as denominator,
        case
            when not spine.is_measurable then null
            when spine.statistic in ('count', 'sum') then coalesce(measured.value, 0)
            else measured.value
        end as measured_value,
        coalesce(measured.sample_count, 0) as sample_count,
        coalesce(measured.excluded_count, 0) as excluded_count
    from spine
    left join measured
        on
            spine.kpi_id = measured.kpi_id
            and spine.period_grain = measured.period_grain
            and spine.period_start_date = measured.period_start_date
            and spine.scope_type = measured.scope_type
            and spine.scope_id = measured.scope_id
),

valued as (
    select
        *,
        coalesce(
            measured_value is not null and sample_count < minimum_sample_count, false
        ) as is_suppressed,
        case
            when sample_count < minimum_sample_count then null
            else measured_value
        end as value
    from filled
),

-- Periods are gap-free, so that a fixed number of rows back is the period before, or a year ago.
compared as (
    select
        *,
        lag(value, 1) over kpi_series as previous_value,
        case period_grain
            when 'week' then lag(value, 52) over kpi_series
            when 'month' then lag(value, 12) over kpi_series
            when 'quarter' then lag(value, 4) over kpi_series
        end as year_ago_value
    from valued
    window kpi_series as (
        partition by kpi_id, period_grain, scope_type, scope_id
        order by period_start_date
    )
),

targeted as (
    select
        *,
        case target_kind
            when 'absolute' then target_factor
            when 'previous' then target_factor * previous_value
            when 'year_ago' then target_factor * year_ago_value
        end as target_value
    from compared
)

select
    kpi_id,
    period_grain,
    period_start_date,
    period_end_date,
    scope_type,
    scope_id,
    unit,
    target_kind,
    target_direction,
    case
        when is_suppressed then 'suppressed'
        when value is null then 'no data'
        when target_value is null then 'no target'
        when target_direction = 'at_most' and value <= target_value + {{ var('equal_within') }}
            then 'met'
        when target_direction = 'at_least' and value >= target_value - {{ var('equal_within') }}
            then 'met'
        else 'missed'
    end as status,
    is_complete,
    case when not is_suppressed then numerator end as numerator,
    denominator,
    value,
    sample_count,
    excluded_count,
    target_value,
    previous_value,
    year_ago_value
from targeted
