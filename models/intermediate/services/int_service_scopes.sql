with

services as (
    select * from {{ ref('int_services__united') }}
),

tiers as (
    select * from {{ ref('tier_policies') }}
),

regions as (
    select * from {{ ref('int_service_regions') }}
),

memberships as (
    select
        service_id,
        'all' as scope_type,
        'all' as scope_id
    from services
    union all
    select
        service_id,
        'tier' as scope_type,
        cast(tier as string) as scope_id
    from services
    union all
    select
        service_id,
        'team' as scope_type,
        team_id as scope_id
    from services
    union all
    select
        service_id,
        'product' as scope_type,
        product as scope_id
    from services
    union all
    select
        service_id,
        'service' as scope_type,
        service_id as scope_id
    from services
    union all
    select
        service_id,
        'region' as scope_type,
        region as scope_id
    from regions
),

filtered as (
    select
        service_id,
        'all' as service_scope
    from services
    union all
    select
        service_id,
        'customer_facing' as service_scope
    from services
    where is_customer_facing
    union all
    select
        services.service_id,
        'critical' as service_scope
    from services
    inner join tiers on services.tier = tiers.tier
    where services.is_catalogued and tiers.is_critical
)

select
    filtered.service_scope,
    memberships.scope_type,
    memberships.scope_id,
    memberships.service_id
from memberships
inner join filtered on memberships.service_id = filtered.service_id
where memberships.scope_id is not null
