with

regions as (
    select * from {{ ref('int_service_regions') }}
)

select
    service_id,
    region
from regions
