with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

records as (
    select * from {{ ref('int_incidents__unioned') }}
),

members as (
    select * from {{ ref('int_incidents__grouped') }}
),

incidents as (
    select * from {{ ref('int_incidents__clocked') }}
),

left_out as (
    select
        records.source_system,
        records.incident_id as record_id,
        members.left_out_reason as reason,
        case when members.incident_id is not null then 'counted as ' || members.incident_id end
            as detail
    from members
    inner join records on members.member_incident_id = records.incident_id
    where members.left_out_reason is not null
),

resolved_before_opened as (
    select
        source_system,
        incident_id as record_id,
        'resolved before it was opened' as reason,
        'opened ' || cast(opened_at as string)
        || ', resolved ' || cast(resolved_at as string) as detail
    from records
    where resolved_at < opened_at
),

mitigated_before_start as (
    select
        source_system,
        incident_id as record_id,
        'mitigated before it started' as reason,
        'started ' || cast(started_at as string)
        || ', mitigated ' || cast(coalesce(mitigated_at, closed_at) as string) as detail
    from incidents
    where is_mitigated_before_start
),

started_after_as_of as (
    select
        source_system,
        incident_id as record_id,
        'starts after as_of' as reason,
        'opened ' || cast(opened_at as string)
        || coalesce(', impact started ' || cast(impact_started_at as string), '') as detail
    from incidents
    where is_started_after_as_of
),

started_before_calendar as (
    select
        source_system,
        incident_id as record_id,
        'starts before the calendar' as reason,
        'opened ' || cast(opened_at as string)
        || coalesce(', impact started ' || cast(impact_started_at as string), '') as detail
    from incidents
    where is_started_before_calendar
),

ended_after_as_of as (
    select
        records.source_system,
        records.incident_id as record_id,
        'ends after as_of, so it counts as open' as reason,
        'resolved ' || cast(records.resolved_at as string) as detail
    from records
    cross join as_of
    where records.resolved_at > as_of.as_of
),

detected_before_impact as (
    select
        source_system,
        incident_id as record_id,
        'detected before its impact started' as reason,
        'impact started ' || cast(impact_started_at as string)
        || ', detected ' || cast(detected_at as string) as detail
    from incidents
    where is_detected_before_impact
),

acknowledged_before_opened as (
    select
        source_system,
        incident_id as record_id,
        'acknowledged before it was opened' as reason,
        'opened ' || cast(opened_at as string)
        || ', acknowledged ' || cast(acknowledged_at as string) as detail
    from incidents
    where is_acknowledged_before_opened
),

closed_unresolved as (
    select
        source_system,
        incident_id as record_id,
        'closed without being resolved' as reason,
        'closed ' || cast(closed_at as string) as detail
    from incidents
    where is_closed_unresolved
),

severity_unknown as (
    select
        source_system,
        incident_id as record_id,
        'its severity is not in the severity map' as reason,
        coalesce(source_severity, 'none stated') as detail
    from incidents
    where severity is null
),

on_services as (
    select
        incidents.source_system,
        incidents.incident_id,
        incidents.opened_at,
        services.service_id
    from incidents
    inner join {{ ref('int_incident_services__resolved') }} as services
        on incidents.incident_id = services.incident_id
    where services.service_id <> 'unattributed'
),

-- Listed at the later of the two; counted as two until one of them names the other.
likely_same as (
    select
        later.source_system,
        later.incident_id as record_id,
        'likely the same as an incident of another system' as reason,
        earlier.incident_id || ' on ' || later.service_id || ', opened '
        || cast(
            {{ seconds_between('earlier.opened_at', 'later.opened_at') }} as string
        ) || ' seconds before' as detail
    from on_services as later
    inner join on_services as earlier
        on
            later.service_id = earlier.service_id
            and later.source_system <> earlier.source_system
            and later.opened_at >= earlier.opened_at
            and (later.opened_at > earlier.opened_at or later.incident_id > earlier.incident_id)
            and {{ seconds_between('earlier.opened_at', 'later.opened_at') }}
            <= {{ var('likely_same_incident_seconds') }}
),

findings as (
    select * from left_out
    union all
    select * from resolved_before_opened
    union all
    select * from mitigated_before_start
    union all
    select * from started_after_as_of
    union all
    select * from started_before_calendar
    union all
    select * from ended_after_as_of
    union all
    select * from detected_before_impact
    union all
    select * from acknowledged_before_opened
    union all
    select * from closed_unresolved
    union all
    select * from severity_unknown
    union all
    select * from likely_same
)

select
    findings.source_system,
    'incident' as entity,
    findings.record_id,
    findings.reason,
    findings.detail,
    as_of.as_of as found_at
from findings
cross join as_of
