{# The distinct texts of a group, sorted and one per line: several names in one column. #}
{% macro list_names(expression) -%}
    {{ return(adapter.dispatch('list_names', 'nines')(expression)) }}
{%- endmacro %}

{% macro duckdb__list_names(expression) -%}
    string_agg(distinct {{ expression }}, chr(10) order by {{ expression }})
{%- endmacro %}

{# Spark joins no elements into an empty text; a group without a name has none. #}
{% macro spark__list_names(expression) -%}
    nullif(array_join(array_sort(collect_set({{ expression }})), chr(10)), '')
{%- endmacro %}
