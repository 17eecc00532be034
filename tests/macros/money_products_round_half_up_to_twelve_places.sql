with

products as (
    select '1.5' as amount, '2' as factor, '3' as product
    union all
    select '-100.25' as amount, '1.0834' as factor, '-108.61085' as product
    union all
    -- Half of the last place goes up, and away from zero.
    select '0.000001' as amount, '0.0000005' as factor, '0.000000000001' as product
    union all
    select '-0.000001' as amount, '0.0000005' as factor, '-0.000000000001' as product
    union all
    select '0.000001' as amount, '0.000000499999' as factor, '0' as product
    union all
    select '0.333333333333' as amount, '3' as factor, '0.999999999999' as product
    union all
    select '-0.999999999999' as amount, '-0.999999999999' as factor, '0.999999999998' as product
    union all
    select
        '999999999.999999999999' as amount,
        '999999.999999999999' as factor,
        '999999999999999.998999' as product
    union all
    -- Near the type's limit on either side.
    select
        '9999999999999999.999999999999' as amount,
        '1' as factor,
        '9999999999999999.999999999999' as product
    union all
    select
        '0.000000000001' as amount, '9999999999999999.999999999999' as factor, '10000' as product
    union all
    select '0' as amount, '-5' as factor, '0' as product
    union all
    select cast(null as string) as amount, '1' as factor, cast(null as string) as product
),

typed as (
    select
        cast(amount as decimal(28, 12)) as amount,
        cast(factor as decimal(28, 12)) as factor,
        cast(product as decimal(28, 12)) as product
    from products
)

select
    amount,
    factor,
    product,
    {{ money_multiply('amount', 'factor') }} as found
from typed
where {{ money_multiply('amount', 'factor') }} is distinct from product
