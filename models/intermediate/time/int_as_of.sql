with

landings as (
    select newest_event_at
    from {{ source('nines', '_landings') }}
    where
        status = 'landed'
        and _landed_at <= {{ utc_instant(var('known_at') or '9999-12-31') }}
)

select
    coalesce(
        {{ utc_instant(var('as_of')) }},
        max(newest_event_at)
    ) as as_of
from landings
