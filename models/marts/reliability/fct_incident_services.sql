with

incident_services as (
    select * from {{ ref('int_incident_services__resolved') }}
)

select
    incident_id,
    service_id,
    service_method
from incident_services
