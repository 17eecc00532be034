with

incidents as (
    select
        *,
        -- Statuspage fills in the time of posting; authors date a start back, never forward.
        least(started_at, created_at) as began_at
    from {{ ref('stg_statuspage__incidents') }}
    where not is_maintenance
),

updates as (
    select * from {{ ref('stg_statuspage__incident_updates') }}
),

components as (
    select
        incident_id,
        {{ list_text('service_name', 'chr(10)') }} as service_names
    from {{ ref('stg_statuspage__incident_components') }}
    group by incident_id
),

worsened as (
    select
        incident_id,
        max(shown_at) as last_worsened_at
    from updates
    where status in ('investigating', 'identified')
    group by incident_id
),

-- A fix that did not hold mitigated nothing: what counts is the first monitoring update after the
-- last one that was looking for the fault.
watched as (
    select
        updates.incident_id,
        true as is_watched,
        min(updates.shown_at) filter (
            where worsened.last_worsened_at is null or updates.shown_at >= worsened.last_worsened_at
        ) as monitoring_at
    from updates
    left join worsened on updates.incident_id = worsened.incident_id
    where updates.status = 'monitoring'
    group by updates.incident_id
),

first_updates as (
    select
        incident_id,
        posted_at,
        shown_at
    from updates
    qualify row_number() over (partition by incident_id order by posted_at, update_id) = 1
)

select
    'statuspage:' || incidents.incident_id as incident_id,
    'statuspage' as source_system,
    incidents.impact as source_severity,
    incidents.title,
    components.service_names,
    cast(null as string) as problem_id,
    cast(null as string) as cause_key,
    cast(null as string) as caused_by_reference,
    cast(null as string) as vendor_dependency,
    cast(null as string) as detection_source,
    -- The page states it: an impact of none says that customers felt nothing.
    incidents.impact <> 'none' as is_stated_customer_impacting,
    cast(null as double) as impact_share,
    false as is_security,
    cast(null as boolean) as has_commander,
    false as is_cancelled,
    cast(null as string) as merged_into_incident_id,
    nullif(
        concat_ws(
            '|',
            'pagerduty:' || incidents.pagerduty_incident_id,
            'servicenow:' || incidents.servicenow_incident_number
        ),
        ''
    ) as cross_reference_ids,
    -- Opened when it was posted; one written up after its end opened when it began.
    case
        when incidents.created_at > incidents.resolved_at then incidents.began_at
        else incidents.created_at
    end as opened_at,
    -- Only a start that was dated back was stated by somebody.
    case
        when {{ seconds_between('incidents.began_at', 'incidents.created_at') }} >= 1
            then incidents.began_at
    end as stated_impact_started_at,
    cast(null as timestamp) as stated_detected_at,
    cast(null as timestamp) as acknowledged_at,
    cast(null as timestamp) as stated_mitigated_at,
    case when watched.is_watched then watched.monitoring_at else incidents.monitoring_at end
        as status_page_mitigated_at,
    incidents.resolved_at,
    -- Who writes an incident up after its end told nobody while it lasted, whatever time is shown.
    case
        when first_updates.posted_at > incidents.resolved_at then first_updates.posted_at
        else coalesce(first_updates.shown_at, incidents.created_at)
    end as first_customer_update_at,
    cast(null as timestamp) as closed_at
from incidents
left join components on incidents.incident_id = components.incident_id
left join watched on incidents.incident_id = watched.incident_id
left join first_updates on incidents.incident_id = first_updates.incident_id
