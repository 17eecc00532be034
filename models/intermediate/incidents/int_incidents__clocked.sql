{# Read by many: as a view it is planned and computed again for each of them. #}
{{ config(materialized='table') }}

with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

severities as (
    select
        source_system,
        lower(trim(source_severity)) as source_severity,
        severity
    from {{ ref('severity_map') }}
),

-- What lies after as_of had not happened at as_of. A start after it stays: it is impossible.
members as (
    select
        members.incident_id as led_incident_id,
        members.member_rank,
        members.is_speaking,
        severities.severity,
        coalesce(severities.severity, 9) * 1000 + members.member_rank as severity_rank,
        incidents.*,
        as_of.as_of,
        case when incidents.acknowledged_at <= as_of.as_of then incidents.acknowledged_at end
            as known_acknowledged_at,
        case when incidents.stated_detected_at <= as_of.as_of then incidents.stated_detected_at end
            as known_detected_at,
        case
            when incidents.stated_mitigated_at <= as_of.as_of then incidents.stated_mitigated_at
        end as known_mitigated_at,
        case
            when incidents.status_page_mitigated_at <= as_of.as_of
                then incidents.status_page_mitigated_at
        end as known_status_page_mitigated_at,
        case when incidents.resolved_at <= as_of.as_of then incidents.resolved_at end
            as known_resolved_at,
        case when incidents.closed_at <= as_of.as_of then incidents.closed_at end
            as known_closed_at,
        case
            when incidents.first_customer_update_at <= as_of.as_of
                then incidents.first_customer_update_at
        end as known_first_customer_update_at
    from {{ ref('int_incidents__grouped') }} as members
    inner join {{ ref('int_incidents__unioned') }} as incidents
        on members.member_incident_id = incidents.incident_id
    left join severities
        on
            incidents.source_system = severities.source_system
            and lower(trim(incidents.source_severity)) = severities.source_severity
    cross join as_of
    where members.incident_id is not null
),

-- One row per incident: what several records say of it, the leading one first.
combined as (
    select
        led_incident_id as incident_id,
        min_by(source_system, member_rank) as source_system,
        min_by(source_severity, severity_rank) filter (where is_speaking) as source_severity,
        min(severity) filter (where is_speaking) as severity,
        min_by(title, member_rank) filter (where title is not null) as title,
        min_by(problem_id, member_rank) filter (where problem_id is not null) as problem_id,
        min_by(cause_key, member_rank) filter (where cause_key is not null) as cause_key,
        min_by(caused_by_reference, member_rank) filter (
            where caused_by_reference is not null
        ) as caused_by_reference,
        min_by(vendor_dependency, member_rank) filter (
            where vendor_dependency is not null
        ) as vendor_dependency,
        min_by(detection_source, member_rank) filter (
            where detection_source is not null
        ) as detection_source,
        bool_or(is_stated_customer_impacting) filter (where is_speaking)
            as is_stated_customer_impacting,
        max(impact_share) filter (where is_speaking) as impact_share,
        bool_or(is_security) as is_security,
        bool_or(has_commander) as has_commander,
        min(opened_at) as opened_at,
        min(stated_impact_started_at) as impact_started_at,
        min(known_detected_at) as stated_detected_at,
        min(known_acknowledged_at) as acknowledged_at,
        min_by(known_mitigated_at, member_rank) filter (
            where is_speaking and known_mitigated_at is not null
        ) as stated_mitigated_at,
        min_by(known_status_page_mitigated_at, member_rank) filter (
            where is_speaking and known_status_page_mitigated_at is not null
        ) as status_page_mitigated_at,
        max(known_resolved_at) filter (where member_rank = 1) as resolved_at,
        max(known_closed_at) filter (where member_rank = 1) as closed_at,
        min(known_first_customer_update_at) as first_customer_update_at,
        max(as_of) as as_of
    from members
    group by led_incident_id
),

-- When a machine first said that something is wrong: a page went out, or an alert came in.
signals as (
    select
        incident_id,
        min(sent_at) as signalled_at,
        'page' as signal_method
    from {{ ref('int_pages__pagerduty') }}
    group by incident_id
    union all
    select
        members.incident_id,
        min(log_entries.created_at) as signalled_at,
        'alert' as signal_method
    from {{ ref('stg_pagerduty__log_entries') }} as log_entries
    inner join {{ ref('int_incidents__grouped') }} as members
        on 'pagerduty:' || log_entries.incident_id = members.member_incident_id
    where log_entries.log_entry_type = 'trigger' and not log_entries.is_by_person
    group by members.incident_id
),

first_signals as (
    select
        incident_id,
        signalled_at,
        signal_method
    from signals
    qualify row_number() over (
        partition by incident_id order by signalled_at, signal_method
    ) = 1
),

clocked as (
    select
        combined.*,
        case
            when combined.impact_started_at is not null then 'stated'
            else 'opened_at'
        end as impact_start_method,
        coalesce(combined.impact_started_at, combined.opened_at) as started_at,
        coalesce(
            combined.stated_detected_at, first_signals.signalled_at, combined.opened_at
        ) as detected_at,
        case
            when combined.stated_detected_at is not null then 'stated'
            else coalesce(first_signals.signal_method, 'opened_at')
        end as detected_method,
        coalesce(
            combined.stated_mitigated_at,
            combined.status_page_mitigated_at,
            combined.resolved_at
        ) as mitigated_at,
        case
            when combined.stated_mitigated_at is not null then 'stated'
            when combined.status_page_mitigated_at is not null then 'status_page'
            when combined.resolved_at is not null then 'resolved_at'
        end as mitigated_method
    from combined
    left join first_signals
        on
            combined.incident_id = first_signals.incident_id
            and first_signals.signalled_at <= combined.as_of
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
    is_stated_customer_impacting,
    impact_share,
    is_security,
    coalesce(has_commander, false) as has_commander,
    -- Closed without being resolved: it is over, though nobody knows since when.
    mitigated_at is null and closed_at is null as is_open,
    mitigated_at is null and closed_at is not null as is_closed_unresolved,
    coalesce(resolved_at < opened_at, false) as is_resolved_before_opened,
    coalesce(coalesce(mitigated_at, closed_at) < started_at, false) as is_mitigated_before_start,
    coalesce(opened_at > as_of or impact_started_at > as_of, false) as is_started_after_as_of,
    -- Year 1 and 1970 are how systems write that they do not know.
    coalesce(started_at < cast('{{ var("calendar_first_date") }}' as timestamp), false)
        as is_started_before_calendar,
    coalesce(detected_at < impact_started_at, false) as is_detected_before_impact,
    coalesce(acknowledged_at < opened_at, false) as is_acknowledged_before_opened,
    opened_at,
    impact_started_at,
    impact_start_method,
    started_at,
    detected_at,
    detected_method,
    acknowledged_at,
    mitigated_at,
    mitigated_method,
    resolved_at,
    closed_at,
    first_customer_update_at,
    as_of
from clocked
