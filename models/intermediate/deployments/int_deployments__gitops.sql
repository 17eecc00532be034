with

image_changes as (
    select * from {{ ref('stg_gitops__image_changes') }}
)

select
    concat('gitops:', image_change_id) as deployment_id,
    'gitops' as source_system,
    service_name,
    environment,
    'succeeded' as attempt_outcome,
    'change merged' as outcome_method,
    new_image_tag as version,
    old_image_tag as stated_previous_version,
    commit_sha,
    cast(null as string) as reverted_commit_sha,
    case
        when {{ matches("lower(subject)", "'^(revert|roll ?back)([^a-z]|$)|/revert-[0-9]+-'") }}
            then 'revert named'
        when {{ matches("lower(subject)", "'(^|[/ ])hotfix[/:-]'") }} then 'hotfix named'
    end as remediation_named,
    -- Two changes merged in one second: the one committed first came first.
    coalesce(branch_commit_at, merged_at) as asked_at,
    merged_at as started_at,
    merged_at as finished_at
from image_changes
-- What was created or deleted, or kept its tag, is configuration.
where change = 'modified' and old_image_tag <> new_image_tag
