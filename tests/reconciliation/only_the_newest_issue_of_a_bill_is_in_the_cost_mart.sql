-- A period billed twice is counted once: no billing account's period has lines of two issues.
with

current_lines as (
    select distinct
        cost_lines.billing_account_id,
        cost_lines.billing_period_start_at,
        landings.issue
    from {{ ref('stg_focus__cost_lines') }} as cost_lines
    inner join {{ source('nines', '_landings') }} as landings
        on
            cost_lines.source_file = landings.source_file
            and landings.table_name = 'focus_cost_and_usage'
            and landings.status = 'landed'
)

select
    billing_account_id,
    billing_period_start_at,
    count(*) as issue_count
from current_lines
group by billing_account_id, billing_period_start_at
having count(*) > 1
