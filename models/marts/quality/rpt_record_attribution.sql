with

records as (
    select
        'incidents' as entity,
        incident_id as record_id,
        service_id
    from {{ ref('fct_incident_services') }}
    union all
    select
        'deployments' as entity,
        deployment_id as record_id,
        service_id
    from {{ ref('fct_deployments') }}
    union all
    select
        'pages' as entity,
        page_id as record_id,
        service_id
    from {{ ref('fct_pages') }}
),

services as (
    select * from {{ ref('dim_services') }}
)

select
    records.entity,
    count(distinct records.record_id) as record_count,
    count(distinct case when records.service_id = 'unattributed' then records.record_id end)
        as unattributed_count,
    count(
        distinct case
            when
                records.service_id <> 'unattributed'
                and not coalesce(services.is_catalogued, false)
                then records.record_id
        end
    ) as uncatalogued_count
from records
left join services on records.service_id = services.service_id
group by records.entity
