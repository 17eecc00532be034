select
    url as commit_url,
    {{ matched('url', 'repos/([^/]+/[^/]+)/') }} as service_name,
    sha as commit_sha,
    {{ json_text('parents', '$[0].sha') }} as first_parent_sha,
    {{ json_text('parents', '$[1].sha') }} as second_parent_sha,
    message,
    author,
    {{ json_text('parents', '$[1].sha') }} is not null as is_merge,
    authored_at,
    committed_at
from {{ landed('github', 'github_pull_request_commits') }}
