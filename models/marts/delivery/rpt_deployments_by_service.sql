with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

deployments as (
    select
        deployments.service_id,
        cast(date_trunc('quarter', deployments.finished_at) as date) as quarter_start_date,
        count(case when deployments.deployment_kind = 'release' then 1 end) as release_count,
        count(case when deployments.deployment_kind = 'rollback' then 1 end) as rollback_count,
        count(case when deployments.deployment_kind = 'failed' then 1 end) as failed_count
    from {{ ref('fct_deployments') }} as deployments
    inner join as_of on deployments.finished_at <= as_of.as_of
    where deployments.deployment_kind is not null
    group by all
),

quarters as (
    select
        period_start_date as quarter_start_date,
        previous_start_date
    from {{ ref('int_periods') }}
    where period_grain = 'quarter'
),

services as (
    select * from {{ ref('dim_services') }}
),

-- A service that stopped still has its row in the first quarter without it.
service_quarters as (
    select
        service_id,
        quarter_start_date
    from deployments
    union distinct
    select
        deployments.service_id,
        quarters.quarter_start_date
    from deployments
    inner join quarters on deployments.quarter_start_date = quarters.previous_start_date
)

select
    service_quarters.quarter_start_date,
    service_quarters.service_id,
    services.team_id,
    coalesce(services.is_catalogued, false) as is_catalogued,
    coalesce(deployments.release_count, 0) as release_count,
    coalesce(deployments.rollback_count, 0) as rollback_count,
    coalesce(deployments.failed_count, 0) as failed_count,
    coalesce(previous_quarter.release_count, 0) as previous_release_count
from service_quarters
inner join quarters on service_quarters.quarter_start_date = quarters.quarter_start_date
left join deployments
    on
        service_quarters.service_id = deployments.service_id
        and service_quarters.quarter_start_date = deployments.quarter_start_date
left join deployments as previous_quarter
    on
        service_quarters.service_id = previous_quarter.service_id
        and quarters.previous_start_date = previous_quarter.quarter_start_date
left join services on service_quarters.service_id = services.service_id
