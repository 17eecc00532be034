with

google_updates as (
    select
        incident_id,
        cast(count(*) as bigint) as update_count
    from {{ ref('stg_google_cloud_status__incident_updates') }}
    group by incident_id
),

google_products as (
    select
        incident_id,
        cast(count(*) as bigint) as product_count,
        {{ list_text('product_name') }} as product_names
    from {{ ref('stg_google_cloud_status__incident_products') }}
    group by incident_id
),

google_cloud_status as (
    select
        'google_cloud_status:' || incidents.incident_id as vendor_incident_id,
        'google_cloud_status' as source_system,
        'google-cloud' as provider,
        coalesce(google_products.product_names, incidents.product_name) as product_names,
        incidents.title,
        incidents.severity,
        coalesce(
            google_products.product_count,
            case when incidents.product_name is null then 0 else 1 end
        ) as product_count,
        coalesce(google_updates.update_count, 0) as update_count,
        incidents.began_at as started_at,
        incidents.created_at as published_at,
        incidents.ended_at,
        incidents.modified_at
    from {{ ref('stg_google_cloud_status__incidents') }} as incidents
    left join google_updates on incidents.incident_id = google_updates.incident_id
    left join google_products on incidents.incident_id = google_products.incident_id
),

statuspage_updates as (
    select
        incident_id,
        cast(count(*) as bigint) as update_count
    from {{ ref('stg_vendor_statuspage__incident_updates') }}
    group by incident_id
),

statuspage_components as (
    select
        incident_id,
        cast(count(*) as bigint) as product_count,
        {{ list_text('component_name') }} as product_names
    from {{ ref('stg_vendor_statuspage__incident_components') }}
    group by incident_id
),

vendor_statuspage as (
    select
        'vendor_statuspage:' || incidents.incident_id as vendor_incident_id,
        'vendor_statuspage' as source_system,
        -- A file that lies in no provider's folder is known by its page.
        lower(coalesce(incidents.provider, incidents.page_id, 'unknown')) as provider,
        statuspage_components.product_names,
        incidents.title,
        incidents.impact as severity,
        coalesce(statuspage_components.product_count, 0) as product_count,
        coalesce(statuspage_updates.update_count, 0) as update_count,
        -- An author may date the start back, never forward.
        least(incidents.started_at, incidents.created_at) as started_at,
        incidents.created_at as published_at,
        incidents.resolved_at as ended_at,
        incidents.updated_at as modified_at
    from {{ ref('stg_vendor_statuspage__incidents') }} as incidents
    left join statuspage_updates on incidents.incident_id = statuspage_updates.incident_id
    left join statuspage_components on incidents.incident_id = statuspage_components.incident_id
    where not incidents.is_maintenance
),

unioned as (
    select * from google_cloud_status
    union all
    select * from vendor_statuspage
)

select
    vendor_incident_id,
    source_system,
    provider,
    product_names,
    title,
    severity,
    product_count,
    update_count,
    started_at,
    published_at,
    ended_at,
    modified_at
from unioned
