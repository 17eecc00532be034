with

catalogued as (
    select * from {{ ref('int_services__catalogued') }}
),

named as (
    select
        service_id,
        min(first_seen_at) as first_seen_at
    from {{ ref('int_service_names__resolved') }}
    group by service_id
),

-- Records that name no service belong to this one, so that a join loses nothing.
unattributed as (
    select
        'unattributed' as service_id,
        'Unattributed' as service_name
),

services as (
    select service_id from catalogued
    union
    select service_id from named
    union
    select service_id from unattributed
)

select
    services.service_id,
    coalesce(
        catalogued.service_name, unattributed.service_name, services.service_id
    ) as service_name,
    catalogued.tier,
    catalogued.team_id,
    catalogued.product,
    coalesce(catalogued.is_customer_facing, false) as is_customer_facing,
    catalogued.revenue_per_minute_usd,
    catalogued.service_id is not null as is_catalogued,
    catalogued.lifecycle,
    catalogued.regions,
    named.first_seen_at
from services
left join catalogued on services.service_id = catalogued.service_id
left join named on services.service_id = named.service_id
left join unattributed on services.service_id = unattributed.service_id
