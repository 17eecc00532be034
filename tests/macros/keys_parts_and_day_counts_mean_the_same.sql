with

texts as (
    select
        '{"nines/tier": 0, "pagerduty.com/service-id": "P1", "empty": null}' as document,
        'group:default/payments' as owner
),

found as (
    select
        {{ json_member('document', 'nines/tier') }} as number_text,
        {{ json_member('document', 'pagerduty.com/service-id') }} as dotted_text,
        {{ json_member('document', 'empty') }} as null_text,
        {{ json_member('document', 'absent') }} as absent_text,
        {{ matched("'tier-2'", '^[^0-9]*([0-3])$') }} as group_text,
        {{ matched("'gold'", '^[^0-9]*([0-3])$') }} as unmatched_text,
        {{ last_part('owner', ':') }} as after_kind,
        {{ last_part(last_part('owner', ':'), '/') }} as after_namespace,
        {{ last_part("'payments'", '/') }} as whole_text,
        {{ days_between("cast('2024-02-28' as date)", "cast('2024-03-01' as date)") }} as days_over,
        {{ days_between("cast('2024-03-01' as date)", "cast('2024-02-28' as date)") }} as days_back
    from texts
)

select *
from found
where
    number_text is distinct from '0'
    or dotted_text is distinct from 'P1'
    or null_text is not null
    or absent_text is not null
    or group_text is distinct from '2'
    or unmatched_text is not null
    or after_kind is distinct from 'default/payments'
    or after_namespace is distinct from 'payments'
    or whole_text is distinct from 'payments'
    or days_over is distinct from 2
    or days_back is distinct from -2
