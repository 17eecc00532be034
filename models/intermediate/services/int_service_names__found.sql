with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

-- One branch per staging model that names a service, with the earliest instant of each record.
named as (
    select
        cast(null as string) as source_system,
        cast(null as string) as source_name,
        cast(null as timestamp) as seen_at
    from as_of
    where false

    union all

    select
        'gitops' as source_system,
        service_name as source_name,
        merged_at as seen_at
    from {{ ref('stg_gitops__image_changes') }}

    union all

    select
        'github' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_github__deployments') }}

    union all

    select
        'github' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_github__pull_requests') }}

    union all

    select
        'github' as source_system,
        service_name as source_name,
        committed_at as seen_at
    from {{ ref('stg_github__pull_request_commits') }}

    union all

    select
        'github' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_github__workflow_runs') }}
)

select
    named.source_system,
    named.source_name,
    -- Instants after as_of have not happened yet; the name itself stays known.
    min(case when named.seen_at <= as_of.as_of then named.seen_at end) as first_seen_at
from named
cross join as_of
where trim(named.source_name) <> ''
group by named.source_system, named.source_name
