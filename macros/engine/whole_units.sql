{# How many units of 10^-12 a decimal(28, 12) holds, without its sign. #}
{% macro whole_units(amount) -%}
    {%- set unsigned = 'abs(cast(' ~ amount ~ ' as decimal(28, 12)))' -%}
    {%- set whole = 'cast(floor(' ~ unsigned ~ ') as decimal(19, 0))' -%}
    {%- set trillion = 'cast(1000000000000 as decimal(13, 0))' -%}
    cast(
        cast({{ whole }} * {{ trillion }} as decimal(28, 0))
        + cast(cast({{ unsigned }} - {{ whole }} as decimal(19, 12)) * {{ trillion }} as decimal(13, 0))
        as decimal(28, 0)
    )
{%- endmacro %}
