with

cases as (
    select
        {{ utc_instant('2026-07-01T12:00:00+02:00') }} as with_offset,
        {{ utc_instant('2026-07-01 10:00:00') }} as without_offset,
        {{ utc_instant('2026-07-01') }} as day_only,
        {{ utc_instant(none) }} as nothing
)

select *
from cases
where
    with_offset <> cast('2026-07-01 10:00:00' as timestamp)
    or without_offset <> cast('2026-07-01 10:00:00' as timestamp)
    or day_only <> cast('2026-07-01 00:00:00' as timestamp)
    or nothing is not null
