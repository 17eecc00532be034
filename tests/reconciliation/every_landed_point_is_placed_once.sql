with

landed_points as (
    select count(*) as point_count
    from {{ landed('prometheus', 'prometheus_range_values') }}
),

placed_points as (
    select count(*) as point_count
    from {{ ref('int_sli_points__placed') }}
)

select
    landed_points.point_count as landed_count,
    placed_points.point_count as placed_count
from landed_points
cross join placed_points
where landed_points.point_count <> placed_points.point_count
