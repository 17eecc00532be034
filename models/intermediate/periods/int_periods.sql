with

periods as (
    select distinct
        period_grain,
        period_start_date
    from {{ ref('int_period_days') }}
)

select
    period_grain,
    period_start_date,
    case period_grain
        when 'week' then cast({{ add_to('period_start_date', 7, 'day') }} as date)
        when 'month' then cast({{ add_to('period_start_date', 1, 'month') }} as date)
        when 'quarter' then cast({{ add_to('period_start_date', 3, 'month') }} as date)
    end as period_end_date,
    case period_grain
        when 'week' then cast({{ add_to('period_start_date', -7, 'day') }} as date)
        when 'month' then cast({{ add_to('period_start_date', -1, 'month') }} as date)
        when 'quarter' then cast({{ add_to('period_start_date', -3, 'month') }} as date)
    end as previous_start_date
from periods
