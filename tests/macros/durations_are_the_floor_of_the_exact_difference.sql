with

cases as (
    select
        'less than a second that crosses a boundary' as example,
        cast('2026-01-01 09:59:59.900000' as timestamp) as started_at,
        cast('2026-01-01 10:00:00.100000' as timestamp) as ended_at,
        cast(0 as bigint) as seconds,
        cast(200000 as bigint) as microseconds
    union all
    select
        'a microsecond short of a minute',
        cast('2026-01-01 10:00:00.000001' as timestamp),
        cast('2026-01-01 10:01:00' as timestamp),
        59,
        59999999
    union all
    select
        'backwards by half a second',
        cast('2026-01-01 10:00:00.500000' as timestamp),
        cast('2026-01-01 10:00:00' as timestamp),
        -1,
        -500000
    union all
    select
        'thirty years less a microsecond',
        cast('1996-01-01 00:00:00' as timestamp),
        cast('2025-12-31 23:59:59.999999' as timestamp),
        946771199,
        946771199999999
    union all
    select 'no end', cast('2026-01-01 10:00:00' as timestamp), null, null, null
)

select *
from cases
where
    {{ seconds_between('started_at', 'ended_at') }} is distinct from seconds
    or {{ microseconds_between('started_at', 'ended_at') }} is distinct from microseconds
