select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    status,
    numerator,
    denominator,
    value
from {{ ref('fct_kpi_values') }}
where
    (value is null) <> (status in ('no data', 'suppressed'))
    or (denominator is not null and value is not null and value <> numerator / denominator)
    or (target_value is null) <> (status in ('no target'))
    and status not in ('no data', 'suppressed')
