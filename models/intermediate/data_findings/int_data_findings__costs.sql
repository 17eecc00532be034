with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

lines as (
    select
        *,
        cast(date_trunc('month', billing_period_start_at) as date) as rate_month_date
    from {{ ref('stg_focus__cost_lines') }}
    where billing_currency <> 'USD'
),

rates as (
    select * from {{ ref('currency_rates') }}
),

unrated as (
    select
        lines.billing_account_id,
        lines.rate_month_date,
        lines.billing_currency,
        count(*) as line_count,
        cast(sum(lines.billed_cost) as decimal(28, 12)) as billed_cost
    from lines
    left join rates
        on
            lines.billing_currency = rates.currency
            and lines.rate_month_date = rates.billing_period_start_date
    where rates.usd_per_unit is null
    group by lines.billing_account_id, lines.rate_month_date, lines.billing_currency
)

select
    'focus' as source_system,
    'cost_line' as entity,
    unrated.billing_account_id
    || ' ' || cast(unrated.rate_month_date as string)
    || ' ' || unrated.billing_currency as record_id,
    'the currency has no rate for the month, so its dollars are unknown' as reason,
    cast(unrated.line_count as string)
    || ' lines, billed ' || cast(unrated.billed_cost as string)
    || ' ' || unrated.billing_currency as detail,
    as_of.as_of as found_at
from unrated
cross join as_of
