{% set version_number = '^[vV]([0-9]{1,18})$' %}

with

-- What one system releases under one name into one environment is one line of versions.
attempts as (
    select
        *,
        row_number() over (
            partition by source_system, service_name, environment
            order by started_at, asked_at, deployment_id
        ) as attempt_number,
        sum(case when attempt_outcome = 'succeeded' then 1 else 0 end) over (
            partition by source_system, service_name, environment
            order by started_at, asked_at, deployment_id
            rows between unbounded preceding and current row
        ) as success_count
    from {{ ref('int_deployments__unioned') }}
),

-- After an attempt runs the latest success, which opens the attempts of its success_count.
running as (
    select
        *,
        first_value(deployment_id) over (
            partition by source_system, service_name, environment, success_count
            order by attempt_number
        ) as running_deployment_id,
        first_value(version) over (
            partition by source_system, service_name, environment, success_count
            order by attempt_number
        ) as running_version
    from attempts
),

sequenced as (
    select
        *,
        lag(case when success_count > 0 then running_deployment_id end) over (
            partition by source_system, service_name, environment order by attempt_number
        ) as preceding_deployment_id,
        lag(case when success_count > 0 then running_version end) over (
            partition by source_system, service_name, environment order by attempt_number
        ) as preceding_version
    from running
),

numbered as (
    select
        *,
        coalesce(stated_previous_version, preceding_version) as previous_version,
        cast({{ matched('version', version_number) }} as bigint) as version_number,
        cast(
            {{ matched('coalesce(stated_previous_version, preceding_version)', version_number) }}
            as bigint
        ) as previous_version_number
    from sequenced
),

-- A version is known from the moment it runs, also when only the change that left it says so.
sightings as (
    select
        source_system,
        service_name,
        environment,
        version,
        attempt_number * 2 as sighting
    from numbered
    where attempt_outcome = 'succeeded'

    union all

    select
        source_system,
        service_name,
        environment,
        previous_version as version,
        attempt_number * 2 - 1 as sighting
    from numbered
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
        reverts.deployment_id,
        reverted.deployment_id as reverted_deployment_id
    from attempts as reverts
    inner join attempts as reverted
        on
            reverts.source_system = reverted.source_system
            and reverts.service_name = reverted.service_name
            and reverts.environment = reverted.environment
            and reverts.reverted_commit_sha = reverted.commit_sha
    where reverts.attempt_number > reverted.attempt_number
    qualify row_number() over (
        partition by reverts.deployment_id order by reverted.attempt_number desc
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

-- A success is rolled back when the next one goes back from it. A failed try takes nothing back.
settled as (
    select
        *,
        attempt_outcome = 'succeeded'
        and coalesce(
            lead(case when return_method is not null then remediates_deployment_id end) over (
                partition by
                    source_system, service_name, environment, attempt_outcome = 'succeeded'
                order by attempt_number
            ) = deployment_id,
            false
        ) as was_rolled_back
    from linked
),

service_names as (
    select * from {{ ref('int_service_names__resolved') }}
)

select
    settled.deployment_id,
    settled.source_system,
    coalesce(service_names.service_id, 'unattributed') as service_id,
    coalesce(service_names.service_method, 'none') as service_method,
    settled.environment,
    case when settled.was_rolled_back then 'rolled back' else settled.attempt_outcome end
        as outcome,
    case when settled.was_rolled_back then 'version went back' else settled.outcome_method end
        as outcome_method,
    settled.version,
    settled.previous_version,
    settled.commit_sha,
    settled.remediation_method is not null as is_remediation,
    settled.remediation_method,
    settled.remediates_deployment_id,
    case
        when settled.attempt_outcome = 'failed' then 'failed'
        -- Puts an earlier version back; a revert or a hotfix ships a new one.
        when settled.attempt_outcome = 'succeeded' and settled.return_method is not null
            then 'rollback'
        when settled.attempt_outcome = 'succeeded' then 'release'
    end as deployment_kind,
    settled.attempt_outcome = 'succeeded' as reached_production,
    settled.started_at,
    settled.finished_at
from settled
left join service_names
    on
        settled.source_system = service_names.source_system
        and settled.service_name = service_names.source_name
