with

workflow_runs as (
    select
        *,
        lower(status) as small_status,
        lower(nullif(trim(conclusion), '')) as small_conclusion
    from {{ landed('github', 'github_workflow_runs') }}
)

select
    concat(id, ':', cast(run_attempt as string)) as workflow_run_attempt_id,
    id as workflow_run_id,
    repository as service_name,
    run_attempt,
    name as workflow_name,
    path,
    head_branch,
    head_sha,
    event,
    -- Some exporters write the conclusion where the status belongs.
    case when small_conclusion is not null then 'completed' else small_status end as status,
    small_conclusion as conclusion,
    triggering_actor,
    small_conclusion is not null or small_status = 'completed' as is_completed,
    created_at,
    run_started_at,
    case
        when small_conclusion is not null or small_status = 'completed' then updated_at
    end as completed_at
from workflow_runs
