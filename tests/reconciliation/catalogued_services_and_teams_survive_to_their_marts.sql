with

named as (
    select
        'service' as entity,
        component_name as entity_id
    from {{ ref('stg_backstage__components') }}
    where coalesce(component_type, 'service') not in ('library', 'documentation')
    union
    select
        'service' as entity,
        service_id as entity_id
    from {{ ref('stg_catalogue__services') }}
    union
    select
        'team' as entity,
        group_name as entity_id
    from {{ ref('stg_backstage__groups') }}
    union
    select
        'team' as entity,
        team_id as entity_id
    from {{ ref('stg_people__teams') }}
    union
    select
        'person' as entity,
        person_id as entity_id
    from {{ ref('stg_people__people') }}
),

kept as (
    select
        'service' as entity,
        service_id as entity_id
    from {{ ref('dim_services') }}
    where is_catalogued
    union all
    select
        'team' as entity,
        team_id as entity_id
    from {{ ref('dim_teams') }}
    union all
    select
        'person' as entity,
        person_id as entity_id
    from {{ ref('dim_people') }}
),

owning as (
    select
        'team' as entity,
        team_id as entity_id
    from {{ ref('int_services__catalogued') }}
    where team_id is not null
)

select
    coalesce(named.entity, kept.entity) as entity,
    coalesce(named.entity_id, kept.entity_id) as entity_id,
    named.entity_id is null as is_invented,
    kept.entity_id is null as is_lost
from named
full outer join kept on named.entity = kept.entity and named.entity_id = kept.entity_id
left join owning on kept.entity = owning.entity and kept.entity_id = owning.entity_id
where (named.entity_id is null and owning.entity_id is null) or kept.entity_id is null
