with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

-- One branch per kind of record the seed kpis names in fed_by.
fed as (
    -- Every record of an incident feeds: the one that does not lead may still say how it ended.
    select
        'incidents' as fed_by,
        records.source_system,
        incidents.started_at as fed_at
    from {{ ref('int_kpi_incidents') }} as incidents
    inner join {{ ref('int_incidents__grouped') }} as members
        on incidents.incident_id = members.incident_id
    inner join {{ ref('int_incidents__unioned') }} as records
        on members.member_incident_id = records.incident_id
    union all
    select
        'deployments' as fed_by,
        source_system,
        finished_at as fed_at
    from {{ ref('fct_deployments') }}
)

select distinct
    fed.fed_by,
    fed.source_system,
    cast(fed.fed_at as date) as fed_date
from fed
inner join as_of on fed.fed_at <= as_of.as_of
where fed.fed_at >= cast('{{ var("calendar_first_date") }}' as timestamp)
