with

lines as (
    select
        *,
        cast(charge_period_start_at as date) as charge_date,
        cast(billing_period_start_at as date) as billing_period_start_date,
        cast(date_trunc('month', billing_period_start_at) as date) as rate_month_date,
        case when service_name is not null then 'tag' else 'unallocated' end as allocation_method
    from {{ ref('stg_focus__cost_lines') }}
),

names as (
    select *
    from {{ ref('int_service_names__resolved') }}
    where source_system = 'focus'
),

rates as (
    select * from {{ ref('currency_rates') }}
),

summed as (
    select
        lines.charge_date,
        coalesce(names.service_id, 'unattributed') as service_id,
        lines.billing_account_id,
        lines.billing_period_start_date,
        lines.rate_month_date,
        lines.charge_category,
        lines.provider_name,
        lines.billing_currency,
        lines.allocation_method,
        {{ list_text('lines.invoice_id') }} as invoice_ids,
        count(*) as charge_line_count,
        cast(sum(lines.billed_cost) as decimal(28, 12)) as billed_cost,
        cast(sum(lines.effective_cost) as decimal(28, 12)) as effective_cost,
        cast(sum(lines.list_cost) as decimal(28, 12)) as list_cost,
        cast(sum(lines.contracted_cost) as decimal(28, 12)) as contracted_cost
    from lines
    left join names on lines.service_name = names.source_name
    group by
        lines.charge_date,
        coalesce(names.service_id, 'unattributed'),
        lines.billing_account_id,
        lines.billing_period_start_date,
        lines.rate_month_date,
        lines.charge_category,
        lines.provider_name,
        lines.billing_currency,
        lines.allocation_method
),

rated as (
    select
        summed.*,
        -- A dollar is a dollar; every other currency needs its month's rate.
        case
            when summed.billing_currency = 'USD' then cast(1 as decimal(28, 12))
            else rates.usd_per_unit
        end as usd_per_unit
    from summed
    left join rates
        on
            summed.billing_currency = rates.currency
            and summed.rate_month_date = rates.billing_period_start_date
)

select
    md5(
        concat_ws(
            '|',
            cast(charge_date as string),
            service_id,
            billing_account_id,
            cast(billing_period_start_date as string),
            charge_category,
            coalesce(provider_name, '∅'),
            billing_currency,
            allocation_method
        )
    ) as cost_day_key,
    service_id,
    billing_account_id,
    'focus' as source_system,
    charge_category,
    provider_name,
    billing_currency,
    allocation_method,
    invoice_ids,
    usd_per_unit is null as is_rate_missing,
    charge_line_count,
    billed_cost,
    effective_cost,
    list_cost,
    contracted_cost,
    usd_per_unit,
    {{ money_multiply('billed_cost', 'usd_per_unit') }} as billed_cost_usd,
    {{ money_multiply('effective_cost', 'usd_per_unit') }} as effective_cost_usd,
    {{ money_multiply('list_cost', 'usd_per_unit') }} as list_cost_usd,
    {{ money_multiply('contracted_cost', 'usd_per_unit') }} as contracted_cost_usd,
    charge_date,
    billing_period_start_date
from rated
