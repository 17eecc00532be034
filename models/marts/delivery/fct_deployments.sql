{% set version_number = '^[vV]([0-9]{1,18})$' %}

with

attempts as (
    select
        *,
        -- What one system releases under one name into one environment is one line of versions.
        row_number() over (
            partition by source_system, service_name, environment
            order by started_at, asked_at, deployment_id
        ) as attempt_number,
        coalesce(
            sum(case when attempt_outcome = 'succeeded' then 1 else 0 end) over (
                partition by source_system, service_name, environment
                order by started_at, asked_at, deployment_id
                rows between unbounded preceding and 1 preceding
            ), 0
        ) as earlier_success_count
    from {{ ref('int_deployments__unioned') }}
),

successes as (
    select
        *,
        earlier_success_count + 1 as success_number
    from attempts
    where attempt_outcome = 'succeeded'
),

sequenced as (
    select
        attempts.*,
        preceding.deployment_id as preceding_deployment_id,
        preceding.version as preceding_version,
        coalesce(attempts.stated_previous_version, preceding.version) as previous_version
    from attempts
    left join successes as preceding
        on
            attempts.source_system = preceding.source_system
            and attempts.service_name = preceding.service_name
            and attempts.environment = preceding.environment
            and attempts.earlier_success_count = preceding.success_number
),

-- A version is known from the moment it runs, also when only the change that left it says so.
sightings as (
    select
        source_system,
        service_name,
        environment,
        version,
        attempt_number * 2 as sighting
    from successes

    union all

    select
        source_system,
        service_name,
        environment,
        previous_version as version,
        attempt_number * 2 - 1 as sighting
    from sequenced
    where previous_version is not null
),

versions as (
    select
        source_system,
        service_name,
        environment,
        version,
        min(sighting) as first_sighting
    from sightings
    group by source_system, service_name, environment, version
),

numbered as (
    select
        *,
        cast({{ matched('version', version_number) }} as bigint) as version_number,
        cast({{ matched('previous_version', version_number) }} as bigint)
            as previous_version_number
    from sequenced
),

judged as (
    select
        numbered.*,
        case
            -- Numbers speak for themselves: forward again over a version seen before is forward.
            when numbered.version_number < numbered.previous_version_number
                then 'version number fell'
            when
                (numbered.version_number is null or numbered.previous_version_number is null)
                and versions.first_sighting < previous_versions.first_sighting
                then 'returned to earlier version'
        end as return_method
    from numbered
    left join versions
        on
            numbered.source_system = versions.source_system
            and numbered.service_name = versions.service_name
            and numbered.environment = versions.environment
            and numbered.version = versions.version
    left join versions as previous_versions
        on
            numbered.source_system = previous_versions.source_system
            and numbered.service_name = previous_versions.service_name
            and numbered.environment = previous_versions.environment
            and numbered.previous_version = previous_versions.version
),

-- The latest earlier deployment of the commit that a revert names.
named_by_reverts as (
    select
        judged.deployment_id,
        reverted.deployment_id as reverted_deployment_id
    from judged
    inner join attempts as reverted
        on
            judged.source_system = reverted.source_system
            and judged.service_name = reverted.service_name
            and judged.environment = reverted.environment
            and judged.reverted_commit_sha = reverted.commit_sha
    where reverted.attempt_number < judged.attempt_number
    qualify row_number() over (
        partition by judged.deployment_id order by reverted.attempt_number desc
    ) = 1
),

linked as (
    select
        judged.*,
        coalesce(judged.return_method, judged.remediation_named) as remediation_method,
        case
            -- Only the version it leaves is taken back. Where that came by another way than a
            -- deployment (an application created anew), there is no deployment to name.
            when judged.return_method is null then named_by_reverts.reverted_deployment_id
            when judged.previous_version = judged.preceding_version
                then judged.preceding_deployment_id
        end as remediates_deployment_id
    from judged
    left join named_by_reverts on judged.deployment_id = named_by_reverts.deployment_id
),

rolled_back as (
    select distinct remediates_deployment_id as deployment_id
    from linked
    where
        return_method is not null
        and attempt_outcome = 'succeeded'
        and remediates_deployment_id is not null
),

service_names as (
    select * from {{ ref('int_service_names__resolved') }}
)

select
    linked.deployment_id,
    linked.source_system,
    coalesce(service_names.service_id, 'unattributed') as service_id,
    coalesce(service_names.service_method, 'none') as service_method,
    linked.environment,
    case
        when rolled_back.deployment_id is not null then 'rolled back' else linked.attempt_outcome
    end as outcome,
    case
        when rolled_back.deployment_id is not null then 'version went back'
        else linked.outcome_method
    end as outcome_method,
    linked.version,
    linked.previous_version,
    linked.commit_sha,
    linked.remediation_method is not null as is_remediation,
    linked.remediation_method,
    linked.remediates_deployment_id,
    linked.attempt_outcome = 'succeeded' as reached_production,
    linked.started_at,
    linked.finished_at
from linked
left join rolled_back on linked.deployment_id = rolled_back.deployment_id
left join service_names
    on
        linked.source_system = service_names.source_system
        and linked.service_name = service_names.source_name
