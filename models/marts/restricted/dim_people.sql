with

people as (
    select * from {{ ref('stg_people__people') }}
)

select
    person_id,
    pagerduty_id,
    github_login,
    team_id,
    time_zone
from people
