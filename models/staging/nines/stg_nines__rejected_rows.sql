with

rejected_rows as (
    select * from {{ source('nines', '_rejected_rows') }}
    where _landed_at <= {{ utc_instant(var('known_at') or '9999-12-31') }}
)

select
    source_system,
    table_name,
    source_file,
    source_row,
    column_name,
    reason,
    max(_landed_at) as rejected_at
from rejected_rows
-- A file that is landed again, grown or repaired in part, breaks the contract in the same places.
group by
    source_system,
    table_name,
    source_file,
    source_row,
    column_name,
    reason
