with

as_of as (
    select as_of from {{ ref('int_as_of') }}
)

select
    deployments.deployment_id,
    deployments.source_system,
    deployments.service_id,
    case
        when not deployments.reached_production then 'failed'
        -- Puts an earlier version back; a revert or a hotfix ships a new one.
        when
            deployments.remediation_method in ('version number fell', 'returned to earlier version')
            then 'rollback'
        else 'release'
    end as deployment_kind,
    cast(deployments.finished_at as date) as finished_date
from {{ ref('fct_deployments') }} as deployments
inner join as_of on deployments.finished_at <= as_of.as_of
where deployments.reached_production or deployments.outcome = 'failed'
