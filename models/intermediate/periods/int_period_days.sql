with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

feeds as (
    select * from {{ ref('int_kpi_feeds') }}
),

bounds as (
    select
        min(feeds.fed_date) as first_date,
        cast({{ add_to('cast(max(as_of.as_of) as date)', 1, 'day') }} as date) as end_date
    from feeds
    cross join as_of
),

days as (
    select {{ explode_days('first_date', 'end_date') }} as day_date
    from bounds
)

select
    'week' as period_grain,
    cast(date_trunc('week', day_date) as date) as period_start_date,
    day_date
from days
union all
select
    'month' as period_grain,
    cast(date_trunc('month', day_date) as date) as period_start_date,
    day_date
from days
union all
select
    'quarter' as period_grain,
    cast(date_trunc('quarter', day_date) as date) as period_start_date,
    day_date
from days
