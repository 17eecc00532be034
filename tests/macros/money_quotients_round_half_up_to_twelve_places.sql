with

quotients as (
    select '1' as amount, '3' as divisor, '0.333333333333' as quotient
    union all
    select '2' as amount, '3' as divisor, '0.666666666667' as quotient
    union all
    select '-2' as amount, '3' as divisor, '-0.666666666667' as quotient
    union all
    select '1' as amount, '-8' as divisor, '-0.125' as quotient
    union all
    select '99.95' as amount, '100' as divisor, '0.9995' as quotient
    union all
    -- Half of the last place goes up, and away from zero.
    select '0.000000000001' as amount, '2' as divisor, '0.000000000001' as quotient
    union all
    select '-0.000000000001' as amount, '2' as divisor, '-0.000000000001' as quotient
    union all
    select '0.000000000001' as amount, '2.000000000001' as divisor, '0' as quotient
    union all
    -- Rounding carries through every nine.
    select '9.999999999999' as amount, '9.999999999999' as divisor, '1' as quotient
    union all
    select '9999999.999999999999' as amount, '10' as divisor, '1000000' as quotient
    union all
    select
        '9999999999999999.999999999999' as amount,
        '9999999999999999.999999999999' as divisor,
        '1' as quotient
    union all
    select '9999999999999999' as amount, '7' as divisor, '1428571428571428.428571428571' as quotient
    union all
    select '9999' as amount, '0.000000000001' as divisor, '9999000000000000' as quotient
    union all
    select '0' as amount, '4' as divisor, '0' as quotient
    union all
    select '1' as amount, '0' as divisor, cast(null as string) as quotient
    union all
    select cast(null as string) as amount, '1' as divisor, cast(null as string) as quotient
),

typed as (
    select
        cast(amount as decimal(28, 12)) as amount,
        cast(divisor as decimal(28, 12)) as divisor,
        cast(quotient as decimal(28, 12)) as quotient
    from quotients
)

select
    amount,
    divisor,
    quotient,
    {{ money_divide('amount', 'divisor') }} as found
from typed
where {{ money_divide('amount', 'divisor') }} is distinct from quotient
