with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

-- Counts name SLOs; whose they are, their definitions say.
definitions as (
    select distinct
        slo_name,
        service_name
    from {{ ref('stg_openslo__objectives') }}
),

-- One branch per staging model that names a service, with the instant of each record.
named as (
    select
        'pagerduty' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_pagerduty__incidents') }}

    union all

    select
        'pagerduty' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_pagerduty__log_entries') }}

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
        -- A commit may be older than the service it ends up in.
        cast(null as timestamp) as seen_at
    from {{ ref('stg_github__pull_request_commits') }}

    union all

    select
        'github' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_github__workflow_runs') }}

    union all

    select
        'servicenow' as source_system,
        service_name as source_name,
        opened_at as seen_at
    from {{ ref('stg_servicenow__incident_events') }}
    where is_latest_state

    union all

    select
        'servicenow_tables' as source_system,
        service_name as source_name,
        created_at as seen_at
    from {{ ref('stg_servicenow_tables__incidents') }}

    union all

    select
        'servicenow_tables' as source_system,
        tasks.service_name as source_name,
        coalesce(tasks.opened_at, incidents.created_at) as seen_at
    from {{ ref('stg_servicenow_tables__tasks') }} as tasks
    -- Other tasks name configuration items that no fact knows.
    inner join {{ ref('stg_servicenow_tables__incidents') }} as incidents
        on tasks.task_id = incidents.incident_id

    union all

    select
        'statuspage' as source_system,
        service_name as source_name,
        first_named_at as seen_at
    from {{ ref('stg_statuspage__incident_components') }}

    union all

    select
        'prometheus' as source_system,
        service_name as source_name,
        measured_at as seen_at
    from {{ ref('stg_prometheus__range_values') }}

    union all

    select
        'openslo' as source_system,
        service_name as source_name,
        -- A definition carries no instant of its own.
        cast(null as timestamp) as seen_at
    from {{ ref('stg_openslo__objectives') }}

    union all

    select
        'openslo' as source_system,
        definitions.service_name as source_name,
        counts.interval_started_at as seen_at
    from {{ ref('stg_sli_counts__intervals') }} as counts
    inner join definitions using (slo_name)

    union all

    select
        'focus' as source_system,
        service_name as source_name,
        charge_period_start_at as seen_at
    from {{ ref('stg_focus__cost_lines') }}
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
