-- Grouping follows links for a few rounds; a chain longer than that would stay apart.
with

incidents as (
    select * from {{ ref('int_incidents__unioned') }}
    where not is_cancelled
),

named_references as (
    select
        incident_id,
        {{ explode_split('cross_reference_ids', "'|'") }} as linked_incident_id
    from incidents
    where cross_reference_ids is not null
),

links as (
    select
        incident_id,
        linked_incident_id
    from named_references
    union
    select
        incident_id,
        merged_into_incident_id as linked_incident_id
    from incidents
    where merged_into_incident_id is not null
)

select
    links.incident_id,
    links.linked_incident_id
from links
inner join {{ ref('int_incidents__grouped') }} as one
    on links.incident_id = one.member_incident_id
inner join {{ ref('int_incidents__grouped') }} as other
    on links.linked_incident_id = other.member_incident_id
where one.incident_id <> other.incident_id
