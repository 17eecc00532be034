with

kinds as (
    select 'release' as deployment_kind
    union all
    select 'rollback' as deployment_kind
    union all
    select 'failed' as deployment_kind
),

weeks as (
    select period_start_date as week_start_date
    from {{ ref('int_periods') }}
    where period_grain = 'week'
),

deployments as (
    select
        cast(date_trunc('week', finished_date) as date) as week_start_date,
        deployment_kind,
        count(*) as deployment_count
    from {{ ref('int_deployments__kinds') }}
    group by all
)

select
    weeks.week_start_date,
    kinds.deployment_kind,
    coalesce(deployments.deployment_count, 0) as deployment_count
from weeks
cross join kinds
left join deployments
    on
        weeks.week_start_date = deployments.week_start_date
        and kinds.deployment_kind = deployments.deployment_kind
