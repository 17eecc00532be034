with

landings as (
    select newest_event_at
    from {{ source('nines', '_landings') }}
    where
        status = 'landed'
        and _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
)

select
    {% if var('as_of') -%}
    cast('{{ var("as_of") }}' as timestamp) as as_of
    {%- else -%}
    max(newest_event_at) as as_of
    {%- endif %}
from landings
