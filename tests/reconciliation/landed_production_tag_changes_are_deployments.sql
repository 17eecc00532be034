-- Every landed change of a tag in production is one deployment of the mart, and nothing else is.
with

production_environments as (
    select lower(environment_pattern) as environment_pattern
    from {{ ref('production_environments') }}
    where source_system = 'gitops'
),

landed as (
    select concat('gitops:', commit_sha, ':', environment, ':', application) as deployment_id
    from {{ landed('gitops', 'gitops_image_changes') }} as image_changes
    where
        lower(change) = 'modified'
        and old_image_tag <> new_image_tag
        and exists (
            select 1
            from production_environments
            where
                lower(trim(image_changes.environment))
                like replace(replace(environment_pattern, '_', '!_'), '*', '%') escape '!'
        )
),

deployments as (
    select deployment_id
    from {{ ref('fct_deployments') }}
    where source_system = 'gitops'
)

select
    coalesce(landed.deployment_id, deployments.deployment_id) as deployment_id,
    landed.deployment_id is null as is_invented,
    deployments.deployment_id is null as is_lost
from landed
full outer join deployments on landed.deployment_id = deployments.deployment_id
where landed.deployment_id is null or deployments.deployment_id is null
