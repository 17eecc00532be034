with

cases as (
    select
        'skipped in spring' as example,
        cast('2026-03-29 01:30:00' as timestamp) as wall_time,
        cast('2026-03-29 01:30:00' as timestamp) as instant
    union all
    select
        'twice in autumn',
        cast('2026-10-25 01:30:00' as timestamp),
        cast('2026-10-25 01:30:00' as timestamp)
)

select
    *,
    {{ utc_time('wall_time', "'Europe/London'") }} as found_instant
from cases
where {{ utc_time('wall_time', "'Europe/London'") }} is distinct from instant
