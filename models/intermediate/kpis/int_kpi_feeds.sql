with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

-- One branch per kind of record the seed kpis names in fed_by.
fed as (
    select
        'incidents' as fed_by,
        source_system,
        started_at as fed_at
    from {{ ref('int_kpi_incidents') }}
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
