with

landings as (
    select newest_event_at
    from {{ source('nines', '_landings') }}
    where
        status = 'landed'
        and _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
)

select
    coalesce(
        cast({{ "'" ~ var('as_of') ~ "'" if var('as_of') else 'null' }} as timestamp),
        max(newest_event_at)
    ) as as_of
from landings
