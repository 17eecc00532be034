with

names as (
    select * from {{ ref('int_service_names__resolved') }}
)

select
    source_system,
    source_name,
    service_id,
    is_catalogued,
    service_method,
    first_seen_at
from names
