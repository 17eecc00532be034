select coalesce('pagerduty:' || landed.id, conformed.incident_id) as incident_id
from (
    select distinct id
    from {{ source('pagerduty', 'pagerduty_incidents') }}
    where _landed_at <= cast('{{ var("known_at") or "9999-12-31" }}' as timestamp)
) as landed
full outer join {{ ref('int_incidents__pagerduty') }} as conformed
    on 'pagerduty:' || landed.id = conformed.incident_id
where landed.id is null or conformed.incident_id is null
