{% set reverting = "'^(revert|roll ?back)([^a-z]|$)'" %}
{% set hotfixing = "'^hotfix([^a-z]|$)'" %}

with

deployments as (
    select * from {{ ref('stg_github__deployments') }}
),

statuses as (
    select * from {{ ref('stg_github__deployment_statuses') }}
),

pull_requests as (
    select
        *,
        lower(title) as small_title,
        lower(head_ref) as small_head_ref,
        cast({{ matched('body', 'Reverts [^ #]*#([0-9]{1,9})') }} as bigint) as reverted_number,
        {{ matched('body', 'This reverts commit ([0-9a-f]{40})') }} as reverted_commit_sha
    from {{ ref('stg_github__pull_requests') }}
    where is_merged
),

-- A deployment has no final state. GitHub marks a deployment inactive when a newer one takes its
-- place, which says nothing of how it went.
last_statuses as (
    select
        deployment_id,
        state,
        status_at
    from statuses
    where state <> 'inactive'
    qualify row_number() over (
        partition by deployment_id
        order by
            status_at desc,
            status_number desc nulls last,
            case when state in ('success', 'failure', 'error') then 1 else 2 end asc,
            state asc
    ) = 1
),

status_times as (
    select
        deployment_id,
        min(case when state = 'in_progress' then status_at end) as first_in_progress_at,
        max(case when state = 'inactive' then 1 else 0 end) = 1 as has_been_inactive
    from statuses
    group by deployment_id
),

-- What the pull request whose merge is deployed says of itself.
remediating_pull_requests as (
    select
        pull_requests.service_name,
        pull_requests.merge_commit_sha as commit_sha,
        max(coalesce(reverted_pull_requests.merge_commit_sha, pull_requests.reverted_commit_sha))
            as reverted_commit_sha,
        max(
            case
                when
                    pull_requests.reverted_number is not null
                    or pull_requests.reverted_commit_sha is not null
                    or {{ matches('pull_requests.small_title', reverting) }}
                    or {{ matches('pull_requests.small_head_ref', "'^revert-[0-9]+-'") }}
                    then 'revert named'
                when
                    {{ matches('pull_requests.small_title', hotfixing) }}
                    or {{ matches('pull_requests.small_head_ref', "'^hotfix[/-]'") }}
                    or {{ matches('lower(pull_requests.labels)', "'\"name\" *: *\"hotfix\"'") }}
                    then 'hotfix named'
            end
        ) as remediation_named
    from pull_requests
    left join pull_requests as reverted_pull_requests
        on
            pull_requests.service_name = reverted_pull_requests.service_name
            and pull_requests.reverted_number = reverted_pull_requests.pull_request_number
    group by pull_requests.service_name, pull_requests.merge_commit_sha
)

select
    concat('github:', deployments.deployment_id) as deployment_id,
    'github' as source_system,
    deployments.service_name,
    deployments.environment,
    case
        when last_statuses.state = 'success' then 'succeeded'
        when last_statuses.state in ('failure', 'error') then 'failed'
        when last_statuses.state is not null and deployments.state = 'abandoned' then 'cancelled'
        when last_statuses.state is not null then 'in progress'
        when coalesce(status_times.has_been_inactive, false) then 'succeeded'
        when deployments.state = 'abandoned' then 'cancelled'
        else 'in progress'
    end as attempt_outcome,
    case
        when last_statuses.state in ('success', 'failure', 'error') then 'last status'
        when deployments.state = 'abandoned' then 'abandoned'
        when last_statuses.state is not null then 'last status'
        when coalesce(status_times.has_been_inactive, false) then 'replaced by a newer one'
        else 'no status'
    end as outcome_method,
    -- A release's tag is its version; a branch is none, its commit is.
    case
        when {{ matches('deployments.ref', "'^[vV]?[0-9]+([.][0-9]+)*$'") }} then deployments.ref
        else deployments.commit_sha
    end as version,
    cast(null as string) as stated_previous_version,
    deployments.commit_sha,
    remediating_pull_requests.reverted_commit_sha,
    case
        when
            {{ matches('lower(deployments.task)', reverting) }}
            or {{ matches('lower(deployments.description)', reverting) }}
            or {{ matches('lower(deployments.ref)', "'^revert([^a-z]|$)'") }}
            then 'revert named'
        when remediating_pull_requests.remediation_named = 'revert named' then 'revert named'
        when
            {{ matches('lower(deployments.description)', hotfixing) }}
            or {{ matches('lower(deployments.ref)', "'^hotfix[/-]'") }}
            then 'hotfix named'
        else remediating_pull_requests.remediation_named
    end as remediation_named,
    deployments.created_at as asked_at,
    coalesce(status_times.first_in_progress_at, deployments.created_at) as started_at,
    case
        when last_statuses.state in ('success', 'failure', 'error') then last_statuses.status_at
        when last_statuses.state is null and coalesce(status_times.has_been_inactive, false)
            then coalesce(status_times.first_in_progress_at, deployments.created_at)
    end as finished_at
from deployments
left join last_statuses on deployments.deployment_id = last_statuses.deployment_id
left join status_times on deployments.deployment_id = status_times.deployment_id
left join remediating_pull_requests
    on
        deployments.service_name = remediating_pull_requests.service_name
        and deployments.commit_sha = remediating_pull_requests.commit_sha
