{#
    The quotient of two decimal(28, 12), rounded half up (away from zero) to 12 places; null for a
    divisor of zero.

    Neither engine divides decimals exactly, so this is long division in whole numbers: both sides are
    counted in units of 10^-12, and the twelve places come in two steps of six, which fit 38 digits.
#}
{% macro money_divide(amount, divisor) -%}
    {%- set divided = whole_units(amount) -%}
    {%- set by = "nullif(" ~ whole_units(divisor) ~ ", 0)" -%}
    {%- set million = 'cast(1000000 as decimal(7, 0))' -%}
    {%- set first_rest = 'cast(' ~ divided ~ ' % ' ~ by ~ ' as decimal(28, 0))' -%}
    {%- set second = first_rest ~ ' * ' ~ million -%}
    {%- set second_rest = 'cast((' ~ second ~ ') % ' ~ by ~ ' as decimal(28, 0))' -%}
    {%- set third = second_rest ~ ' * ' ~ million -%}
    {%- set third_rest = 'cast((' ~ third ~ ') % ' ~ by ~ ' as decimal(28, 0))' -%}
    cast(
        cast(
            case
                when
                    (cast({{ amount }} as decimal(28, 12)) < 0)
                    <> (cast({{ divisor }} as decimal(28, 12)) < 0)
                    then -1
                else 1
            end as decimal(1, 0)
        ) * cast(
            cast(cast({{ whole_quotient(divided, by) }} as decimal(16, 0)) as decimal(36, 12))
            + cast(
                cast(
                    cast({{ whole_quotient(second, by) }} as decimal(7, 0)) * {{ million }}
                    + cast({{ whole_quotient(third, by) }} as decimal(7, 0))
                    + case when {{ third_rest }} >= {{ by }} - {{ third_rest }} then 1 else 0 end
                    as decimal(19, 0)
                ) * cast(0.000000000001 as decimal(13, 12)) as decimal(36, 12)
            ) as decimal(28, 12)
        ) as decimal(28, 12)
    )
{%- endmacro %}
