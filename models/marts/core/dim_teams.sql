with

listed as (
    select * from {{ ref('stg_people__teams') }}
),

described as (
    select *
    from {{ ref('stg_backstage__groups') }}
    qualify row_number() over (
        partition by group_name
        order by case when namespace = 'default' then 0 else 1 end, namespace
    ) = 1
),

owning as (
    select distinct team_id
    from {{ ref('int_services__catalogued') }}
    where team_id is not null
),

teams as (
    select team_id from listed
    union
    select group_name as team_id from described
    union
    select team_id from owning
)

select
    teams.team_id,
    coalesce(listed.team_name, described.display_name, teams.team_id) as team_name,
    coalesce(listed.time_zone, described.time_zone) as time_zone,
    coalesce(listed.holiday_calendar, described.holiday_calendar) as holiday_calendar,
    listed.rotation_size
from teams
left join listed on teams.team_id = listed.team_id
left join described on teams.team_id = described.group_name
