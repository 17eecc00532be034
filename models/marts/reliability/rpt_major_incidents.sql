with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

severities as (
    select
        severity,
        severity_name
    from {{ ref('severity_policies') }}
),

services as (
    select
        incident_id,
        {{ list_text('service_id') }} as service_names
    from {{ ref('fct_incident_services') }}
    where service_method <> 'none'
    group by incident_id
),

-- What was mitigated after as_of is still open, as the KPI has it.
incidents as (
    select
        incidents.incident_id,
        incidents.source_system,
        incidents.severity,
        incidents.title,
        incidents.is_customer_impacting,
        incidents.is_impossible,
        counted.started_at,
        case when incidents.mitigated_at <= as_of.as_of then incidents.mitigated_at end
            as mitigated_at,
        case when incidents.mitigated_at <= as_of.as_of then incidents.time_to_mitigate_seconds end
            as time_to_mitigate_seconds
    from {{ ref('fct_incidents') }} as incidents
    inner join {{ ref('int_kpi_incidents') }} as counted
        on incidents.incident_id = counted.incident_id
    inner join as_of on counted.started_at <= as_of.as_of
    where incidents.severity <= 1
)

select
    incidents.incident_id,
    incidents.source_system,
    incidents.severity,
    severities.severity_name,
    incidents.title,
    services.service_names,
    incidents.is_customer_impacting,
    incidents.mitigated_at is null as is_open,
    incidents.is_impossible,
    incidents.time_to_mitigate_seconds,
    incidents.started_at,
    incidents.mitigated_at,
    cast(date_trunc('quarter', incidents.started_at) as date) as started_quarter_start_date,
    cast(date_trunc('quarter', incidents.mitigated_at) as date) as mitigated_quarter_start_date
from incidents
inner join severities on incidents.severity = severities.severity
left join services on incidents.incident_id = services.incident_id
