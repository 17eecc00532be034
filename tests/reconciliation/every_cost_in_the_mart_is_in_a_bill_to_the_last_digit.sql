-- Money in is money out, per currency and measure: raw lines of the bills in force, staging, mart.
with

landed_lines as (
    select
        upper(billing_currency) as billing_currency,
        billed_cost,
        effective_cost,
        list_cost,
        contracted_cost
    from {{ landed('focus', 'focus_cost_and_usage') }}
),

totals as (
    select
        'raw' as layer,
        billing_currency,
        count(*) as line_count,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost,
        sum(list_cost) as list_cost,
        sum(contracted_cost) as contracted_cost
    from landed_lines
    group by billing_currency

    union all

    select
        'staging' as layer,
        billing_currency,
        count(*) as line_count,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost,
        sum(list_cost) as list_cost,
        sum(contracted_cost) as contracted_cost
    from {{ ref('stg_focus__cost_lines') }}
    group by billing_currency

    union all

    select
        'mart' as layer,
        billing_currency,
        sum(charge_line_count) as line_count,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost,
        sum(list_cost) as list_cost,
        sum(contracted_cost) as contracted_cost
    from {{ ref('fct_cost_days') }}
    group by billing_currency
)

select
    billing_currency,
    count(*) as layer_count
from totals
group by billing_currency
having
    count(*) <> 3
    or count(
        distinct concat_ws(
            ' ',
            cast(line_count as string),
            coalesce(cast(billed_cost as string), '-'),
            coalesce(cast(effective_cost as string), '-'),
            coalesce(cast(list_cost as string), '-'),
            coalesce(cast(contracted_cost as string), '-')
        )
    ) <> 1
