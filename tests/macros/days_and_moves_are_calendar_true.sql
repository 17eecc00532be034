with

days as (
    select
        {{ explode_days("cast('2026-02-27' as date)", "cast('2026-03-02' as date)") }}
            as day_date
),

no_days as (
    select
        {{ explode_days("cast('2026-03-02' as date)", "cast('2026-03-02' as date)") }}
            as day_date
),

found as (
    select
        (select count(*) from days) as day_count,
        (select max(day_date) from days) as last_date,
        (select count(*) from no_days) as empty_count,
        cast({{ add_to("cast('2026-01-31' as date)", 1, 'month') }} as date) as month_later,
        cast({{ add_to("cast('2026-03-01' as date)", -1, 'day') }} as date) as day_before,
        {{ add_to("cast('2026-03-01 00:00:00' as timestamp)", 90, 'minute') }} as later_at,
        cast(date_trunc('week', cast('2026-03-01' as date)) as date) as monday,
        {{ matches("'prod-eu'", "'^prod(-.*)?$'") }} as is_match,
        {{ matches("'preprod'", "'^prod(-.*)?$'") }} as is_no_match
)

select *
from found
where
    day_count != 3
    or last_date != cast('2026-03-01' as date)
    or empty_count != 0
    or month_later != cast('2026-02-28' as date)
    or day_before != cast('2026-02-28' as date)
    or later_at != cast('2026-03-01 01:30:00' as timestamp)
    or monday != cast('2026-02-23' as date)
    or not is_match
    or is_no_match
