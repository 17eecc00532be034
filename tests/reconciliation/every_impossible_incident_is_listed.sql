select incidents.incident_id
from {{ ref('fct_incidents') }} as incidents
left join {{ ref('fct_data_findings') }} as findings
    on
        incidents.incident_id = findings.record_id
        and findings.reason in (
            'resolved before it was opened', 'mitigated before it started', 'starts after as_of'
        )
where incidents.is_impossible and findings.finding_id is null
