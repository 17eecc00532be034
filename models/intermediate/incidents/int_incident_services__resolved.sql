with

incidents as (
    select * from {{ ref('int_incidents__unioned') }}
),

members as (
    select * from {{ ref('int_incidents__grouped') }}
    where incident_id is not null
),

names as (
    select * from {{ ref('int_service_names__resolved') }}
),

exploded as (
    select
        members.incident_id,
        incidents.source_system,
        {{ explode_split('incidents.service_names', 'chr(10)') }} as source_name
    from members
    inner join incidents on members.member_incident_id = incidents.incident_id
    where incidents.service_names is not null
),

resolved as (
    select
        exploded.incident_id,
        coalesce(names.service_id, lower(trim(exploded.source_name))) as service_id,
        coalesce(names.service_method, 'uncatalogued') as service_method
    from exploded
    left join names
        on
            exploded.source_system = names.source_system
            and exploded.source_name = names.source_name
    where trim(exploded.source_name) <> ''
),

strongest as (
    select
        incident_id,
        service_id,
        service_method
    from resolved
    -- Two systems may name one service; the strongest way it was found is kept.
    qualify row_number() over (
        partition by incident_id, service_id
        order by
            case service_method
                when 'alias' then 1
                when 'annotation' then 2
                when 'name' then 3
                else 4
            end
    ) = 1
),

unattributed as (
    select
        members.incident_id,
        'unattributed' as service_id,
        'none' as service_method
    from members
    left join strongest on members.incident_id = strongest.incident_id
    where members.member_rank = 1 and strongest.incident_id is null
)

select
    incident_id,
    service_id,
    service_method
from strongest
union all
select
    incident_id,
    service_id,
    service_method
from unattributed
