-- Each record is one incident of the mart, or a finding says as which it counts, or why as none.
with

records as (
    select incident_id from {{ ref('int_incidents__unioned') }}
),

accounted as (
    select
        incident_id,
        'counted' as account
    from {{ ref('fct_incidents') }}
    union all
    select
        record_id as incident_id,
        reason as account
    from {{ ref('fct_data_findings') }}
    where
        entity = 'incident'
        and reason in (
            'cancelled',
            'merged into another incident',
            'the same incident as another, by reference'
        )
)

select
    coalesce(records.incident_id, accounted.incident_id) as incident_id,
    count(records.incident_id) as record_count,
    count(accounted.account) as account_count
from records
full outer join accounted on records.incident_id = accounted.incident_id
group by coalesce(records.incident_id, accounted.incident_id)
having count(records.incident_id) <> 1 or count(accounted.account) <> 1
