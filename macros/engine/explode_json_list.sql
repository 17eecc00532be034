{# One row per element (as JSON text) of a JSON array, for a select list. #}
{% macro explode_json_list(json) -%}
    {{ return(adapter.dispatch('explode_json_list', 'nines')(json)) }}
{%- endmacro %}

{% macro duckdb__explode_json_list(json) -%}
    unnest(cast(from_json({{ json }}, '["json"]') as varchar[]))
{%- endmacro %}

{% macro spark__explode_json_list(json) -%}
    explode(from_json({{ json }}, 'array<string>'))
{%- endmacro %}
