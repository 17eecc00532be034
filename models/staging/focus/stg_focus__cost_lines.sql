select
    billing_account_id,
    billing_period_start_at,
    billing_period_end_at,
    charge_period_start_at,
    charge_period_end_at,
    case lower(charge_category)
        when 'usage' then 'Usage'
        when 'purchase' then 'Purchase'
        when 'tax' then 'Tax'
        when 'credit' then 'Credit'
        when 'adjustment' then 'Adjustment'
        else charge_category
    end as charge_category,
    case lower(charge_frequency)
        when 'one-time' then 'One-Time'
        when 'recurring' then 'Recurring'
        when 'usage-based' then 'Usage-Based'
        else charge_frequency
    end as charge_frequency,
    -- 1.3 renamed it and 1.4 dropped the old name.
    coalesce(service_provider_name, provider_name) as provider_name,
    service_name as provider_service_name,
    sub_account_id,
    resource_id,
    invoice_id,
    commitment_discount_id,
    commitment_discount_status,
    -- A tag without a value is written as true: it names nothing.
    coalesce(
        {%- for key in var('cost_service_tags') %}
            nullif(nullif(trim({{ json_member('tags', key) }}), ''), 'true')
            {{- ',' if not loop.last }}
        {%- endfor %}
    ) as service_name,
    tags,
    upper(billing_currency) as billing_currency,
    coalesce(lower(charge_class) = 'correction', false) as is_correction,
    billed_cost,
    effective_cost,
    list_cost,
    contracted_cost,
    _source_file as source_file,
    _source_row as source_row,
    _landed_at as landed_at
from {{ landed('focus', 'focus_cost_and_usage') }}
