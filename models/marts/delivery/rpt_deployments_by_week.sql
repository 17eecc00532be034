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

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

deployments as (
    select
        cast(date_trunc('week', deployments.finished_at) as date) as week_start_date,
        deployments.deployment_kind,
        count(*) as deployment_count
    from {{ ref('fct_deployments') }} as deployments
    inner join as_of on deployments.finished_at <= as_of.as_of
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
