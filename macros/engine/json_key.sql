{# The text under one top-level key of a JSON object, whatever characters the key holds; null where absent. #}
{% macro json_key(json, key) -%}
    {{ return(adapter.dispatch('json_key', 'nines')(json, key)) }}
{%- endmacro %}

{% macro duckdb__json_key(json, key) -%}
    json_extract_string({{ json }}, '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_key(json, key) -%}
    get_json_object({{ json }}, "$['{{ key }}']")
{%- endmacro %}
