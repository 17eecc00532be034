with

incidents as (
    select * from {{ landed('google_cloud_status', 'google_cloud_status_incidents') }}
),

products as (
    select
        id as incident_id,
        {{ explode_json_list('affected_products') }} as product
    from incidents
)

select distinct
    incident_id,
    {{ json_text('product', '$.title') }} as product_name
from products
