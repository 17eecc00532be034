with

parts as (
    select
        service_id,
        {{ explode_split('regions', "','") }} as region
    from {{ ref('int_services__united') }}
    where regions is not null
)

select distinct
    service_id,
    lower(trim(region)) as region
from parts
where trim(region) <> ''
