select
    metric as series_labels,
    {{ json_member('metric', '__name__') }} as series_name,
    {{ json_member('metric', 'slo') }} as slo_name,
    {{ json_member('metric', 'service') }} as service_name,
    lower({{ json_member('metric', 'sli_event') }}) as sli_event,
    -- Null for NaN and infinities: there is no such count of events.
    try_cast(value as decimal(28, 12)) as event_count,
    measured_at,
    _source_file as source_file
from {{ landed('prometheus', 'prometheus_range_values') }}
