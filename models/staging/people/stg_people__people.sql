with

people as (
    select * from {{ landed('people', 'people_people') }}
)

select
    email as person_id,
    pagerduty_id,
    github_login,
    lower(nullif(trim(team), '')) as team_id,
    nullif(trim(time_zone), '') as time_zone
from people
