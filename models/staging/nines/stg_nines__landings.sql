select
    _landing_id as landing_id,
    source_system,
    table_name,
    source_file,
    status = 'landed' as is_landed,
    row_count,
    rejected_count,
    _landed_at as landed_at
from {{ source('nines', '_landings') }}
-- What was landed later than known_at is not known yet.
where _landed_at <= {{ utc_instant(var('known_at') or '9999-12-31') }}
