with

deployments as (
    select * from {{ ref('int_deployments__gitops') }}

    union all

    select * from {{ ref('int_deployments__github') }}
),

production_environments as (
    select
        source_system,
        -- An underscore of a name is no wildcard; the asterisk is.
        replace(
            replace(lower(trim(environment_pattern)), '_', '!_'), '*', '%'
        ) as environment_pattern
    from {{ ref('production_environments') }}
)

select
    deployment_id,
    source_system,
    service_name,
    environment,
    attempt_outcome,
    outcome_method,
    version,
    stated_previous_version,
    commit_sha,
    reverted_commit_sha,
    remediation_named,
    asked_at,
    started_at,
    finished_at
from deployments
where
    exists (
        select 1
        from production_environments
        where
            deployments.source_system = production_environments.source_system
            and lower(trim(deployments.environment))
            like production_environments.environment_pattern escape '!'
    )
