with

lines as (
    select
        *,
        cast(date_trunc('month', billing_period_start_at) as date) as rate_month_date
    from {{ ref('stg_focus__cost_lines') }}
    where billing_currency <> 'USD'
),

rates as (
    select * from {{ ref('currency_rates') }}
)

select
    'focus' as source_system,
    'cost_line' as entity,
    lines.billing_account_id
    || ' ' || cast(lines.rate_month_date as string)
    || ' ' || lines.billing_currency as record_id,
    'the currency has no rate for the month' as reason,
    cast(count(*) as string) || ' lines, billed '
    || cast(cast(sum(lines.billed_cost) as decimal(28, 12)) as string)
    || ' ' || lines.billing_currency as detail,
    max(lines.landed_at) as found_at
from lines
left join rates
    on
        lines.billing_currency = rates.currency
        and lines.rate_month_date = rates.billing_period_start_date
where rates.usd_per_unit is null
group by lines.billing_account_id, lines.rate_month_date, lines.billing_currency
