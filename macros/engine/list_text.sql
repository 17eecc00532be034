{# The distinct texts of a group, sorted and joined by ', '. #}
{% macro list_text(expression) -%}
    {{ return(adapter.dispatch('list_text', 'nines')(expression)) }}
{%- endmacro %}

{% macro duckdb__list_text(expression) -%}
    string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}

{% macro spark__list_text(expression) -%}
    array_join(array_sort(collect_set({{ expression }})), ', ')
{%- endmacro %}
