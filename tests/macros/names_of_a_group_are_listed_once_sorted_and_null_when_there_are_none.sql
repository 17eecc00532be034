with

names as (
    select
        'several' as case_name,
        'b' as name
    union all
    select
        'several' as case_name,
        'a, c' as name
    union all
    select
        'several' as case_name,
        'b' as name
    union all
    select
        'several' as case_name,
        cast(null as string) as name
    union all
    select
        'none' as case_name,
        cast(null as string) as name
),

listed as (
    select
        case_name,
        {{ list_text('name', 'chr(10)') }} as names
    from names
    group by case_name
)

select * from listed
where
    (case_name = 'several' and coalesce(names, '') <> 'a, c' || chr(10) || 'b')
    or (case_name = 'none' and names is not null)
