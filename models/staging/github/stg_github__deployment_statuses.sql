with

rest_statuses as (
    select * from {{ landed('github', 'github_deployment_statuses') }}
),

graphql_statuses as (
    select * from {{ landed('github', 'github_deployments_graphql_statuses') }}
),

graphql_deployments as (
    select * from {{ landed('github', 'github_deployments_graphql') }}
),

united as (
    select
        {{ matched('deployment_url', 'deployments/([0-9]+)') }} as deployment_id,
        lower(state) as state,
        created_at as status_at,
        cast(id as bigint) as status_number
    from rest_statuses

    union all

    select
        deployment_database_id as deployment_id,
        lower(state) as state,
        updated_at as status_at,
        cast(null as bigint) as status_number
    from graphql_statuses

    union all

    -- Where an export leaves the list out, the newest status is all there is.
    select
        database_id as deployment_id,
        lower(latest_status_state) as state,
        latest_status_at as status_at,
        cast(null as bigint) as status_number
    from graphql_deployments
    where latest_status_state is not null and latest_status_at is not null
)

select
    concat(deployment_id, ':', state, ':', cast(status_at as string)) as deployment_status_id,
    deployment_id,
    state,
    max(status_number) as status_number,
    status_at
from united
where deployment_id is not null
group by deployment_id, state, status_at
