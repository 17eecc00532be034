{# Whole days from one date to another; negative when the second comes first. #}
{% macro days_between(first_date, end_date) -%}
    {{ return(adapter.dispatch('days_between', 'nines')(first_date, end_date)) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, end_date) -%}
    datediff('day', cast({{ first_date }} as date), cast({{ end_date }} as date))
{%- endmacro %}

{% macro spark__days_between(first_date, end_date) -%}
    cast(datediff(cast({{ end_date }} as date), cast({{ first_date }} as date)) as bigint)
{%- endmacro %}
