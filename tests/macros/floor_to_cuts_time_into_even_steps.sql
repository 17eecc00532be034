with

moments as (
    select
        cast('2026-05-12 14:04:59.999999' as timestamp) as moment,
        300 as seconds,
        cast('2026-05-12 14:00:00' as timestamp) as expected
    union all
    select
        cast('2026-05-12 14:05:00' as timestamp) as moment,
        300 as seconds,
        cast('2026-05-12 14:05:00' as timestamp) as expected
    union all
    select
        cast('2026-05-12 14:59:59' as timestamp) as moment,
        86400 as seconds,
        cast('2026-05-12 00:00:00' as timestamp) as expected
)

select *
from moments
where {{ floor_to('moment', 'seconds') }} <> expected
