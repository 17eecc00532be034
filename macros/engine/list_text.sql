{# The distinct texts of a group, sorted and joined; null where the group has none. #}
{% macro list_text(expression, separator="', '") -%}
    {{ return(adapter.dispatch('list_text', 'nines')(expression, separator)) }}
{%- endmacro %}

{% macro duckdb__list_text(expression, separator) -%}
    string_agg(distinct {{ expression }}, {{ separator }} order by {{ expression }})
{%- endmacro %}

{# Spark joins no elements into an empty text. #}
{% macro spark__list_text(expression, separator) -%}
    nullif(array_join(array_sort(collect_set({{ expression }})), {{ separator }}), '')
{%- endmacro %}
