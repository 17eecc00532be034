with

prometheus as (
    select * from {{ ref('int_slis__prometheus') }}
),

prometheus_days as (
    select distinct
        slo_name,
        cast(interval_started_at as date) as measured_date,
        true as is_measured
    from prometheus
    where total_count is not null and good_count is not null
),

tabled as (
    select *
    from {{ ref('int_slis__sli_counts') }}
),

united as (
    select
        slo_name,
        source_system,
        interval_seconds,
        good_count,
        total_count,
        fault,
        false as is_counted_elsewhere,
        interval_started_at
    from prometheus

    union all

    select
        tabled.slo_name,
        tabled.source_system,
        tabled.interval_seconds,
        tabled.good_count,
        tabled.total_count,
        case
            when prometheus_days.is_measured then 'Prometheus measured the SLO on that day'
            else tabled.fault
        end as fault,
        coalesce(prometheus_days.is_measured, false)
        or coalesce(tabled.fault = 'the interval was counted already, in shorter ones', false)
            as is_counted_elsewhere,
        tabled.interval_started_at
    from tabled
    left join prometheus_days
        on
            tabled.slo_name = prometheus_days.slo_name
            and cast(tabled.interval_started_at as date) = prometheus_days.measured_date
)

select
    slo_name,
    source_system,
    interval_seconds,
    good_count,
    total_count,
    fault,
    is_counted_elsewhere,
    interval_started_at
from united
