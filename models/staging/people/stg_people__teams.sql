with

teams as (
    select * from {{ landed('people', 'people_teams') }}
)

select
    lower(trim(team_id)) as team_id,
    nullif(trim(name), '') as team_name,
    nullif(trim(time_zone), '') as time_zone,
    nullif(trim(holiday_calendar), '') as holiday_calendar,
    cast(rotation_size as bigint) as rotation_size
from teams
