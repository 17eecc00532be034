with

incidents as (
    select * from {{ ref('fct_incidents') }}
)

select
    incident_id,
    source_system,
    severity,
    is_impossible,
    time_to_mitigate_seconds,
    -- Of impossible times the one the system itself wrote is believed.
    case
        when is_impossible then opened_at
        else coalesce(impact_started_at, opened_at)
    end as started_at,
    mitigated_at
from incidents
