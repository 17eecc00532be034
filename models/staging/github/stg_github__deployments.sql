-- An address holds what the records leave out: `…/repos/<owner>/<repository>` of the API (REST),
-- `https://<host>/<owner>/<repository>` of the web site (GraphQL).
with

rest_deployments as (
    select * from {{ landed('github', 'github_deployments') }}
),

graphql_deployments as (
    select * from {{ landed('github', 'github_deployments_graphql') }}
),

united as (
    select
        id as deployment_id,
        {{ matched('repository_url', 'repos/([^/]+/[^/]+)') }} as service_name,
        sha as commit_sha,
        ref,
        task,
        description,
        environment,
        cast(null as string) as state,
        created_at,
        updated_at,
        1 as form_rank
    from rest_deployments

    union all

    select
        database_id as deployment_id,
        {{ matched('repository_url', '^https?://[^/]+/([^/]+/[^/]+)') }} as service_name,
        commit_oid as commit_sha,
        ref_name as ref,
        task,
        nullif(description, '') as description,
        environment,
        lower(state) as state,
        created_at,
        updated_at,
        2 as form_rank
    from graphql_deployments
)

select
    deployment_id,
    service_name,
    commit_sha,
    ref,
    task,
    description,
    environment,
    -- Only the GraphQL form has it; an export of both forms must not lose it.
    max(state) over (partition by deployment_id) as state,
    created_at,
    updated_at
from united
qualify row_number() over (
    partition by deployment_id order by updated_at desc nulls last, form_rank asc
) = 1
