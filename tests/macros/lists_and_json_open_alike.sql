with

texts as (
    select
        'a.b|c' as parts,
        '{"service": {"id": "S1", "note": null}, "list": [1, "two", {"three": 3}]}' as document
),

parts as (
    select {{ explode_split('parts', "'|'") }} as part
    from texts
),

elements as (
    select {{ explode_json_list(json_text('document', '$.list')) }} as element
    from texts
),

found as (
    select
        (select {{ list_text('part') }} from parts) as parts,
        (select count(*) from parts) as part_count,
        (select count(*) from elements) as element_count,
        {{ json_text('document', '$.service.id') }} as service_id,
        {{ json_text('document', '$.service.note') }} as json_null,
        {{ json_text('document', '$.service.none') }} as absent
    from texts
)

select *
from found
where
    parts is distinct from 'a.b, c'
    or part_count != 2
    or element_count != 3
    or service_id is distinct from 'S1'
    or json_null is not null
    or absent is not null
