with

services as (
    select * from {{ landed('catalogue', 'catalogue_services') }}
)

select
    lower(trim(service_id)) as service_id,
    nullif(trim(service_name), '') as service_name,
    tier,
    lower(nullif(trim(team), '')) as team_id,
    lower(nullif(trim(product), '')) as product,
    regions,
    lower(nullif(trim(lifecycle), '')) as lifecycle,
    customer_facing as is_customer_facing,
    revenue_per_minute_usd,
    pagerduty_service_id,
    github_project,
    gitops_application,
    servicenow_ci,
    statuspage_component
from services
