with

entities as (
    select * from {{ landed('backstage', 'backstage_entities') }}
),

components as (
    select
        lower(trim(name)) as component_name,
        coalesce(lower(trim(namespace)), 'default') as namespace,
        nullif(trim(title), '') as title,
        lower(trim(type)) as component_type,
        lower(nullif(trim(lifecycle), '')) as lifecycle,
        -- An owner is group:namespace/name, or any shorter form of it; a user is no team.
        case
            when lower(owner) not like 'user:%'
                then nullif({{ last_part(last_part('lower(trim(owner))', ':'), '/') }}, '')
        end as owner_name,
        nullif({{ last_part(last_part('lower(trim(system))', ':'), '/') }}, '') as system_name,
        {{ json_member('annotations', 'nines/tier') }} as tier,
        {{ json_member('annotations', 'nines/product') }} as product,
        {{ json_member('annotations', 'nines/regions') }} as regions,
        {{ json_member('annotations', 'nines/customer-facing') }} as customer_facing,
        {{ json_member('annotations', 'nines/revenue-per-minute-usd') }} as revenue_per_minute_usd,
        {{ json_member('annotations', 'pagerduty.com/service-id') }} as pagerduty_service_id,
        {{ json_member('annotations', 'github.com/project-slug') }} as github_project,
        {{ json_member('annotations', 'argocd/app-name') }} as gitops_application,
        {{ json_member('annotations', 'nines/servicenow-ci') }} as servicenow_ci,
        {{ json_member('annotations', 'nines/statuspage-component') }} as statuspage_component
    from entities
    where lower(kind) = 'component'
)

select
    component_name,
    namespace,
    title,
    component_type,
    lifecycle,
    owner_name,
    system_name,
    try_cast({{ matched('tier', '^[^0-9]*([0-3])$') }} as integer) as tier,
    nullif(lower(trim(product)), '') as product,
    regions,
    lower(trim(customer_facing)) in ('true', 'yes', '1') as is_customer_facing,
    try_cast(revenue_per_minute_usd as decimal(28, 12)) as revenue_per_minute_usd,
    pagerduty_service_id,
    github_project,
    gitops_application,
    servicenow_ci,
    statuspage_component
from components
