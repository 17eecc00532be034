with

rejected_rows as (
    select * from {{ ref('stg_nines__rejected_rows') }}
)

select
    source_system,
    table_name as entity,
    source_file || ' row ' || coalesce(cast(source_row as string), 'unknown') as record_id,
    'rejected at landing' as reason,
    coalesce(column_name || ': ', '') || coalesce(reason, '') as detail,
    rejected_at as found_at
from rejected_rows
