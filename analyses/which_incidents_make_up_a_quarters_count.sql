-- Which records stand behind a quarter's count of Sev-0 and Sev-1 incidents?
-- Each names its source and id; staging and raw hold the row with its file and line.
select
    cast(date_trunc('quarter', coalesce(impact_started_at, opened_at)) as date)
        as quarter_start_date,
    incident_id,
    severity,
    source_severity,
    title,
    opened_at,
    mitigated_at,
    mitigated_method,
    time_to_mitigate_seconds
from {{ ref('fct_incidents') }}
where severity <= 1
order by quarter_start_date, opened_at, incident_id
