with

documents as (
    select 1 as place, '{"a.b": "dotted", "user:team": "colon", "n": 1.5, "t": true}' as document
    union all
    select 2 as place, '{"a.b": ' as document
    union all
    select 3 as place, cast(null as string) as document
),

found as (
    select
        place,
        {{ json_member('document', 'a.b') }} as dotted,
        {{ json_member('document', 'user:team') }} as colon,
        {{ json_member('document', 'n') }} as number_text,
        {{ json_member('document', 't') }} as boolean_text,
        {{ json_member('document', 'missing') }} as missing
    from documents
)

select place
from found
where
    missing is not null
    or case
        when place = 1
            then not (
                dotted = 'dotted'
                and colon = 'colon'
                and number_text = '1.5'
                and boolean_text = 'true'
            )
        else dotted is not null
    end
