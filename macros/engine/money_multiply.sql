{#
    The product of two decimal(28, 12), rounded half up (away from zero) to 12 places.

    The full product has 24 places and would not fit 38 digits, so both factors are cut into whole and
    fraction. Only fraction × fraction has more than 12 places, and all four parts have one sign:
    rounding that part rounds the whole. The widths are the engines': DuckDB multiplies in 64 bits
    while both sides have fewer than 19 digits, Spark gives up places when they have more than 37.
#}
{% macro money_multiply(amount, factor) -%}
    {%- set signed_amount = 'cast(' ~ amount ~ ' as decimal(28, 12))' -%}
    {%- set signed_factor = 'cast(' ~ factor ~ ' as decimal(28, 12))' -%}
    {%- set whole_amount = 'cast(floor(abs(' ~ signed_amount ~ ')) as decimal(19, 0))' -%}
    {%- set whole_factor = 'cast(floor(abs(' ~ signed_factor ~ ')) as decimal(18, 0))' -%}
    {%- set amount_fraction
        = 'cast(abs(' ~ signed_amount ~ ') - ' ~ whole_amount ~ ' as decimal(19, 12))' -%}
    {%- set factor_fraction
        = 'cast(abs(' ~ signed_factor ~ ') - ' ~ whole_factor ~ ' as decimal(18, 12))' -%}
    cast(
        cast(
            case when ({{ signed_amount }} < 0) <> ({{ signed_factor }} < 0) then -1 else 1 end
            as decimal(1, 0)
        ) * cast(
            (
                cast({{ whole_amount }} * {{ whole_factor }} as decimal(36, 12))
                + cast({{ whole_amount }} * {{ factor_fraction }} as decimal(36, 12))
            ) + (
                cast({{ amount_fraction }} * {{ whole_factor }} as decimal(36, 12))
                + cast({{ amount_fraction }} * {{ factor_fraction }} as decimal(36, 12))
            ) as decimal(28, 12)
        ) as decimal(28, 12)
    )
{%- endmacro %}
