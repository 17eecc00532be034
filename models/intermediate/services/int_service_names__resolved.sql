with

found as (
    select
        *,
        lower(trim(source_name)) as known_name
    from {{ ref('int_service_names__found') }}
),

aliases as (
    select
        source_system,
        lower(trim(source_name)) as known_name,
        lower(trim(service_id)) as service_id
    from {{ ref('service_aliases') }}
    qualify row_number() over (
        partition by source_system, lower(trim(source_name)) order by service_id
    ) = 1
),

annotations as (
    select * from {{ ref('int_service_names__catalogued') }}
),

services as (
    select * from {{ ref('int_services__catalogued') }}
),

titles as (
    select
        lower(trim(service_name)) as known_name,
        min(service_id) as service_id
    from services
    where trim(service_name) <> ''
    group by lower(trim(service_name))
    having count(distinct service_id) = 1
),

resolved as (
    select
        found.source_system,
        found.source_name,
        found.first_seen_at,
        coalesce(
            aliases.service_id,
            annotations.service_id,
            named_services.service_id,
            titles.service_id,
            found.known_name
        ) as service_id,
        case
            when aliases.service_id is not null then 'alias'
            when annotations.service_id is not null then 'annotation'
            when coalesce(named_services.service_id, titles.service_id) is not null then 'name'
            else 'uncatalogued'
        end as service_method
    from found
    left join aliases
        on
            found.source_system = aliases.source_system
            and found.known_name = aliases.known_name
    left join annotations
        on
            found.source_system = annotations.source_system
            and found.known_name = annotations.known_name
    left join services as named_services on found.known_name = named_services.service_id
    left join titles on found.known_name = titles.known_name
)

select
    resolved.source_system,
    resolved.source_name,
    resolved.service_id,
    services.service_id is not null as is_catalogued,
    resolved.service_method,
    resolved.first_seen_at
from resolved
left join services using (service_id)
