select
    concat(commit_sha, ':', environment, ':', application) as image_change_id,
    commit_sha,
    application as service_name,
    environment,
    lower(change) as change,
    old_image_tag,
    new_image_tag,
    actor,
    subject,
    branch_commit_at,
    merged_at
from {{ landed('gitops', 'gitops_image_changes') }}
