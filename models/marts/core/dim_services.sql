with

services as (
    select * from {{ ref('int_services__united') }}
)

select
    service_id,
    service_name,
    tier,
    team_id,
    product,
    lifecycle,
    is_customer_facing,
    is_catalogued,
    revenue_per_minute_usd,
    first_seen_at
from services
