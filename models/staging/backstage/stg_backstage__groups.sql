with

entities as (
    select * from {{ landed('backstage', 'backstage_entities') }}
)

select
    lower(trim(name)) as group_name,
    coalesce(lower(trim(namespace)), 'default') as namespace,
    coalesce(nullif(trim(display_name), ''), nullif(trim(title), '')) as display_name,
    {{ json_member('annotations', 'nines/time-zone') }} as time_zone,
    {{ json_member('annotations', 'nines/holiday-calendar') }} as holiday_calendar
from entities
where lower(kind) = 'group'
