select
    slo as slo_name,
    interval_seconds,
    good_count,
    total_count,
    interval_started_at
from {{ landed('sli_counts', 'sli_counts_intervals') }}
