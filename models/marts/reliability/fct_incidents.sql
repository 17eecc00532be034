with

incidents as (
    select * from {{ ref('int_incidents__clocked') }}
),

policies as (
    select * from {{ ref('severity_policies') }}
),

services as (
    select
        incident_services.incident_id,
        count(case when incident_services.service_id <> 'unattributed' then 1 end)
            as service_count,
        bool_or(services.is_customer_facing) as has_customer_facing_service
    from {{ ref('int_incident_services__resolved') }} as incident_services
    left join {{ ref('dim_services') }} as services
        on incident_services.service_id = services.service_id
    group by incident_services.incident_id
),

judged as (
    select
        incidents.*,
        services.service_count,
        coalesce(
            incidents.is_stated_customer_impacting,
            policies.is_customer_impacting and services.has_customer_facing_service,
            false
        ) as is_customer_impacting,
        case
            when incidents.is_stated_customer_impacting is not null then 'stated'
            when policies.severity is not null then 'severity_policy'
            else 'severity_unknown'
        end as customer_impact_method,
        incidents.is_resolved_before_opened
        or incidents.is_mitigated_before_start
        or incidents.is_started_after_as_of
        or coalesce(incidents.is_started_before_calendar, false) as is_impossible
    from incidents
    left join services on incidents.incident_id = services.incident_id
    left join policies on incidents.severity = policies.severity
)

select
    incident_id,
    source_system,
    source_severity,
    severity,
    title,
    problem_id,
    cause_key,
    caused_by_reference,
    vendor_dependency,
    detection_source,
    customer_impact_method,
    impact_start_method,
    detected_method,
    mitigated_method,
    is_open,
    is_impossible,
    is_customer_impacting,
    is_security,
    has_commander,
    cast(service_count as bigint) as service_count,
    impact_share,
    -- Time to detect needs a stated start; the others fall back to opened_at.
    case
        when not is_impossible and not is_detected_before_impact
            then {{ seconds_between('impact_started_at', 'detected_at') }}
    end as time_to_detect_seconds,
    case
        when not is_impossible and not is_acknowledged_before_opened
            then {{ seconds_between('opened_at', 'acknowledged_at') }}
    end as time_to_acknowledge_seconds,
    case
        when not is_impossible then {{ seconds_between('started_at', 'mitigated_at') }}
    end as time_to_mitigate_seconds,
    case
        when not is_impossible and resolved_at >= started_at
            then {{ seconds_between('started_at', 'resolved_at') }}
    end as time_to_resolve_seconds,
    opened_at,
    impact_started_at,
    detected_at,
    acknowledged_at,
    mitigated_at,
    resolved_at,
    closed_at,
    first_customer_update_at
from judged
