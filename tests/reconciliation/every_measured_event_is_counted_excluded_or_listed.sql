-- Events of each SLO that were exported and known are in the mart, counted or excluded with a
-- reason; an SLO without a definition is listed as a fault, and so is what counts elsewhere.
with

measured as (
    select
        slo_name,
        sum(good_count) as good_count,
        sum(total_count) as total_count
    from {{ ref('int_slis__measured') }}
    where good_count is not null and total_count is not null and not is_counted_elsewhere
    group by slo_name
),

first_objectives as (
    select distinct
        slo_name,
        slo_id
    from {{ ref('dim_slos') }}
    where slo_id = 'openslo:' || slo_name
),

counted as (
    select
        first_objectives.slo_name,
        sum(intervals.good_count + intervals.excluded_good_count) as good_count,
        sum(intervals.total_count + intervals.excluded_total_count) as total_count
    from {{ ref('fct_sli_intervals') }} as intervals
    inner join first_objectives using (slo_id)
    group by first_objectives.slo_name
),

listed as (
    select distinct record_id as slo_name
    from {{ ref('int_data_findings__slis') }}
    where entity = 'sli_interval' and reason = 'no OpenSLO definition has this name'
)

select
    measured.slo_name,
    measured.total_count as measured_count,
    counted.total_count as counted_count
from measured
left join counted using (slo_name)
left join listed using (slo_name)
where
    (listed.slo_name is null and counted.slo_name is null)
    or measured.good_count <> counted.good_count
    or measured.total_count <> counted.total_count
