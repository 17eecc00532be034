with

backstage as (
    select
        component_name as service_id,
        title as service_name,
        tier,
        owner_name as team_id,
        -- A system is what Backstage knows of products, unless an annotation says otherwise.
        coalesce(product, system_name) as product,
        regions,
        lifecycle,
        is_customer_facing,
        revenue_per_minute_usd,
        pagerduty_service_id,
        github_project,
        gitops_application,
        servicenow_ci,
        statuspage_component
    from {{ ref('stg_backstage__components') }}
    where coalesce(component_type, 'service') not in ('library', 'documentation')
    -- Two namespaces may hold one name; it is one service, described by the default namespace.
    qualify row_number() over (
        partition by component_name
        order by case when namespace = 'default' then 0 else 1 end, namespace
    ) = 1
),

listed as (
    select * from {{ ref('stg_catalogue__services') }}
)

select
    service_id,
    coalesce(backstage.service_name, listed.service_name) as service_name,
    coalesce(backstage.tier, listed.tier) as tier,
    coalesce(backstage.team_id, listed.team_id) as team_id,
    coalesce(backstage.product, listed.product) as product,
    coalesce(backstage.regions, listed.regions) as regions,
    coalesce(backstage.lifecycle, listed.lifecycle) as lifecycle,
    coalesce(backstage.is_customer_facing, listed.is_customer_facing, false) as is_customer_facing,
    coalesce(
        backstage.revenue_per_minute_usd, listed.revenue_per_minute_usd
    ) as revenue_per_minute_usd,
    coalesce(backstage.pagerduty_service_id, listed.pagerduty_service_id) as pagerduty_service_id,
    coalesce(backstage.github_project, listed.github_project) as github_project,
    coalesce(backstage.gitops_application, listed.gitops_application) as gitops_application,
    coalesce(backstage.servicenow_ci, listed.servicenow_ci) as servicenow_ci,
    coalesce(backstage.statuspage_component, listed.statuspage_component) as statuspage_component
from backstage
full outer join listed using (service_id)
