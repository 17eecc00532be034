with

incidents as (
    select
        *,
        -- An end before the beginning; the row is kept, its duration is not.
        coalesce(ended_at < started_at, false) as is_impossible
    from {{ ref('int_vendor_incidents__unioned') }}
)

select
    vendor_incident_id,
    source_system,
    provider,
    product_names,
    title,
    severity,
    ended_at is null as is_open,
    is_impossible,
    coalesce(published_at > ended_at, false) as was_written_up_afterwards,
    product_count,
    update_count,
    case
        when not is_impossible then {{ seconds_between('started_at', 'ended_at') }}
    end as duration_seconds,
    {{ seconds_between('started_at', 'published_at') }} as publication_lag_seconds,
    started_at,
    published_at,
    ended_at,
    modified_at
from incidents
