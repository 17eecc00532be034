with

cases as (
    select
        'winter in London' as example,
        'Europe/London' as zone,
        cast('2026-01-15 12:00:00' as timestamp) as instant,
        cast('2026-01-15 12:00:00' as timestamp) as wall_time
    union all
    select
        'summer in London',
        'Europe/London',
        cast('2026-07-15 12:00:00' as timestamp),
        cast('2026-07-15 13:00:00' as timestamp)
    union all
    select
        'the evening before, in New York',
        'America/New_York',
        cast('2026-07-15 02:30:00' as timestamp),
        cast('2026-07-14 22:30:00' as timestamp)
    union all
    select
        'half an hour off, in Kolkata',
        'Asia/Kolkata',
        cast('2026-07-15 00:00:00' as timestamp),
        cast('2026-07-15 05:30:00' as timestamp)
    union all
    select
        'the first instant of summer time',
        'Europe/London',
        cast('2026-03-29 01:00:00' as timestamp),
        cast('2026-03-29 02:00:00' as timestamp)
    union all
    select
        'the last wall time that comes once',
        'Europe/London',
        cast('2026-10-24 23:59:59' as timestamp),
        cast('2026-10-25 00:59:59' as timestamp)
)

select *
from cases
where
    {{ local_time('instant', 'zone') }} is distinct from wall_time
    or {{ utc_time('wall_time', 'zone') }} is distinct from instant
