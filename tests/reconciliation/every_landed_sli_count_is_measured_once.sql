with

landed_counts as (
    select count(*) as interval_count
    from {{ landed('sli_counts', 'sli_counts_intervals') }}
),

measured_counts as (
    select count(*) as interval_count
    from {{ ref('int_slis__measured') }}
    where source_system = 'sli_counts'
)

select
    landed_counts.interval_count as landed_count,
    measured_counts.interval_count as measured_count
from landed_counts
cross join measured_counts
where landed_counts.interval_count <> measured_counts.interval_count
