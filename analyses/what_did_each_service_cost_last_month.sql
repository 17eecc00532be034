-- What did each service cost in the newest month with a rate, and how much names no service?
-- Costs without a rate to dollars are counted beside the sum, in no sum they do not belong to.
with

cost_days as (
    select * from {{ ref('fct_cost_days') }}
),

newest_month as (
    select max(date_trunc('month', charge_date)) as month_start_date
    from cost_days
    where effective_cost_usd is not null
)

select
    cost_days.service_id,
    sum(cost_days.effective_cost_usd) as effective_cost_usd,
    sum(cost_days.billed_cost_usd) as billed_cost_usd,
    count(case when cost_days.effective_cost_usd is null then 1 end) as unconverted_row_count
from cost_days
inner join newest_month
    on date_trunc('month', cost_days.charge_date) = newest_month.month_start_date
group by cost_days.service_id
order by effective_cost_usd desc nulls last, cost_days.service_id asc
