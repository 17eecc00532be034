-- Each period but the newest ends where another of its KPI, grain and scope begins.
with

kpi_values as (
    select * from {{ ref('fct_kpi_values') }}
    where scope_type = 'all'
)

select
    earlier.kpi_id,
    earlier.period_grain,
    earlier.period_end_date
from kpi_values as earlier
cross join {{ ref('int_as_of') }} as as_of
left join kpi_values as later
    on
        earlier.kpi_id = later.kpi_id
        and earlier.period_grain = later.period_grain
        and earlier.scope_type = later.scope_type
        and earlier.scope_id = later.scope_id
        and earlier.period_end_date = later.period_start_date
where later.kpi_id is null and cast(earlier.period_end_date as timestamp) <= as_of.as_of
