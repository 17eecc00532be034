with

services as (
    select * from {{ ref('int_services__catalogued') }}
),

-- The catalogue knows PagerDuty's ids; its records are read by the name PagerDuty gives with them.
pagerduty_names as (
    select distinct
        service_id,
        service_name
    from {{ ref('stg_pagerduty__incidents') }}
    where service_id is not null
),

annotated as (
    select
        'pagerduty' as source_system,
        pagerduty_service_id as source_name,
        service_id
    from services
    union all
    select
        'pagerduty' as source_system,
        pagerduty_names.service_name as source_name,
        services.service_id
    from services
    inner join pagerduty_names on services.pagerduty_service_id = pagerduty_names.service_id
    union all
    select
        'github' as source_system,
        github_project as source_name,
        service_id
    from services
    union all
    select
        'gitops' as source_system,
        gitops_application as source_name,
        service_id
    from services
    union all
    select
        'servicenow' as source_system,
        servicenow_ci as source_name,
        service_id
    from services
    union all
    select
        'servicenow_tables' as source_system,
        servicenow_ci as source_name,
        service_id
    from services
    union all
    select
        'statuspage' as source_system,
        statuspage_component as source_name,
        service_id
    from services
)

select
    source_system,
    lower(trim(source_name)) as known_name,
    -- A name two services claim means neither; the first would be a guess.
    min(service_id) as service_id
from annotated
where trim(source_name) <> ''
group by source_system, lower(trim(source_name))
having count(distinct service_id) = 1
