-- Every GitHub deployment into production that landed, in either form, is one row of the mart, and
-- nothing else is.
with

production_environments as (
    select lower(environment_pattern) as environment_pattern
    from {{ ref('production_environments') }}
    where source_system = 'github'
),

landed as (
    select
        id,
        environment
    from {{ landed('github', 'github_deployments') }}

    union

    select
        database_id as id,
        environment
    from {{ landed('github', 'github_deployments_graphql') }}
),

landed_in_production as (
    select distinct concat('github:', id) as deployment_id
    from landed
    where
        exists (
            select 1
            from production_environments
            where
                lower(trim(landed.environment))
                like replace(replace(environment_pattern, '_', '!_'), '*', '%') escape '!'
        )
),

deployments as (
    select deployment_id
    from {{ ref('fct_deployments') }}
    where source_system = 'github'
)

select
    coalesce(landed_in_production.deployment_id, deployments.deployment_id) as deployment_id,
    landed_in_production.deployment_id is null as is_invented,
    deployments.deployment_id is null as is_lost
from landed_in_production
full outer join deployments on landed_in_production.deployment_id = deployments.deployment_id
where landed_in_production.deployment_id is null or deployments.deployment_id is null
