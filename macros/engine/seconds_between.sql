{# Whole seconds from start to end: the floor of the exact difference, never a count of crossed boundaries. #}
{% macro seconds_between(start, end) -%}
    {{ return(adapter.dispatch('seconds_between', 'nines')(start, end)) }}
{%- endmacro %}

{% macro duckdb__seconds_between(start, end) -%}
    cast(floor((epoch_us({{ end }}) - epoch_us({{ start }})) / 1000000.0) as bigint)
{%- endmacro %}

{% macro spark__seconds_between(start, end) -%}
    cast(floor((unix_micros({{ end }}) - unix_micros({{ start }})) / 1000000) as bigint)
{%- endmacro %}
