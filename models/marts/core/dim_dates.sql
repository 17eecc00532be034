with

as_of as (
    select as_of from {{ ref('int_as_of') }}
),

bounds as (
    select
        cast('{{ var("calendar_first_date") }}' as date) as first_date,
        -- To the end of the year after the one as_of is in.
        cast({{ add_to("date_trunc('year', as_of)", 2, 'year') }} as date) as end_date
    from as_of
),

days as (
    select {{ explode_days('first_date', 'end_date') }} as day_date
    from bounds
)

select
    day_date,
    cast(date_trunc('week', day_date) as date) as week_start_date,
    cast(date_trunc('month', day_date) as date) as month_start_date,
    cast(date_trunc('quarter', day_date) as date) as quarter_start_date,
    cast(date_trunc('year', day_date) as date) as year_start_date,
    -- Counted from the week's Monday, which both engines agree on.
    cast(
        {{ days_between("date_trunc('week', day_date)", 'day_date') }} + 1 as integer
    ) as iso_weekday,
    {{ days_between("date_trunc('week', day_date)", 'day_date') }} >= 5 as is_weekend
from days
