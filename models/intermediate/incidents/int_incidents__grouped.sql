{# Read by many: as a view it is planned and computed again for each of them. #}
{{ config(materialized='table') }}

with

records as (
    select * from {{ ref('int_incidents__unioned') }}
),

-- What was merged into a cancelled incident stands for itself.
incidents as (
    select
        records.incident_id,
        records.source_system,
        records.is_cancelled,
        records.opened_at,
        records.cross_reference_ids,
        case
            when not coalesce(parents.is_cancelled, false) then records.merged_into_incident_id
        end as merged_into_incident_id
    from records
    left join records as parents on records.merged_into_incident_id = parents.incident_id
),

named_references as (
    select
        incident_id,
        {{ explode_split('cross_reference_ids', "'|'") }} as linked_incident_id
    from incidents
    where cross_reference_ids is not null and not is_cancelled
),

links as (
    select
        incident_id,
        merged_into_incident_id as linked_incident_id
    from incidents
    where merged_into_incident_id is not null and not is_cancelled
    union
    -- A reference joins two landed incidents; what it names may be anything else.
    select
        named_references.incident_id,
        named_references.linked_incident_id
    from named_references
    inner join incidents as linked on named_references.linked_incident_id = linked.incident_id
    where not linked.is_cancelled
),

edges as (
    select
        incident_id,
        linked_incident_id
    from links
    union
    select
        linked_incident_id as incident_id,
        incident_id as linked_incident_id
    from links
),

-- Each linked incident takes the smallest id among itself and its neighbours, again and again: a
-- group has one id once that has crossed it. A test fails when a group is wider than the rounds.
round_0 as (
    select
        incident_id,
        least(incident_id, min(linked_incident_id)) as group_id
    from edges
    group by incident_id
),
{% for round in range(1, 5) %}
    round_{{ round }} as (
        select
            edges.incident_id,
            least(min(own.group_id), min(neighbours.group_id)) as group_id
        from edges
        inner join round_{{ round - 1 }} as own on edges.incident_id = own.incident_id
        inner join round_{{ round - 1 }} as neighbours
            on edges.linked_incident_id = neighbours.incident_id
        group by edges.incident_id
    ),
{% endfor %}
members as (
    select
        incidents.incident_id as member_incident_id,
        incidents.is_cancelled,
        incidents.merged_into_incident_id is not null as is_merged,
        incidents.opened_at,
        -- Cancelled incidents belong to no group.
        case
            when incidents.is_cancelled then incidents.incident_id
            else coalesce(round_4.group_id, incidents.incident_id)
        end as group_id,
        -- Machines stamp PagerDuty's clocks as things happen; people type into ServiceNow, later;
        -- a status page speaks to customers, last.
        case incidents.source_system
            when 'pagerduty' then 1
            when 'servicenow' then 2
            when 'servicenow_tables' then 3
            when 'statuspage' then 4
            else 5
        end as system_rank
    from incidents
    left join round_4 on incidents.incident_id = round_4.incident_id
),

ranked as (
    select
        *,
        row_number() over (
            partition by group_id
            order by is_merged, system_rank, opened_at, member_incident_id
        ) as member_rank
    from members
),

led as (
    select
        *,
        max(case when member_rank = 1 then member_incident_id end) over (
            partition by group_id
        ) as incident_id
    from ranked
)

select
    member_incident_id,
    case when not is_cancelled then incident_id end as incident_id,
    cast(member_rank as integer) as member_rank,
    -- A merged incident's clocks stopped when it was merged; it speaks only where nobody else can.
    (not is_merged or member_rank = 1) and not is_cancelled as is_speaking,
    case
        when is_cancelled then 'cancelled'
        when member_rank = 1 then null
        when is_merged then 'merged into another incident'
        else 'the same incident as another, by reference'
    end as left_out_reason
from led
