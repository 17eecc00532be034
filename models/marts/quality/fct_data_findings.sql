with

findings as (
    select * from {{ ref('int_data_findings__rejected_rows') }}
    union all
    select * from {{ ref('int_data_findings__incidents') }}
    union all
    select * from {{ ref('int_data_findings__pages') }}
    union all
    select * from {{ ref('int_data_findings__vendor_incidents') }}
    union all
    select * from {{ ref('int_data_findings__slis') }}
    union all
    select * from {{ ref('int_data_findings__costs') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by source_system, entity, record_id, reason order by detail
        ) as fault_number
    from findings
)

select
    source_system || ':' || entity || ':' || record_id || ':' || reason
    || case when fault_number > 1 then ':' || cast(fault_number as string) else '' end
        as finding_id,
    source_system,
    entity,
    record_id,
    reason,
    detail,
    found_at
from numbered
