{# One row per day of [first_date, end_date), for a select list. #}
{% macro explode_days(first_date, end_date) -%}
    {{ return(adapter.dispatch('explode_days', 'nines')(first_date, end_date)) }}
{%- endmacro %}

{% macro duckdb__explode_days(first_date, end_date) -%}
    cast(unnest(range(cast({{ first_date }} as timestamp), cast({{ end_date }} as timestamp), interval 1 day)) as date)
{%- endmacro %}

{% macro spark__explode_days(first_date, end_date) -%}
    explode(filter(sequence(cast({{ first_date }} as date), cast({{ end_date }} as date), interval 1 day), day -> day < cast({{ end_date }} as date)))
{%- endmacro %}
