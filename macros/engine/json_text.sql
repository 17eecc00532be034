{# The text at a JSON path such as '$.service.id'; null where it is absent or JSON null. #}
{% macro json_text(json, path) -%}
    {{ return(adapter.dispatch('json_text', 'nines')(json, path)) }}
{%- endmacro %}

{% macro duckdb__json_text(json, path) -%}
    json_extract_string({{ json }}, '{{ path }}')
{%- endmacro %}

{% macro spark__json_text(json, path) -%}
    get_json_object({{ json }}, '{{ path }}')
{%- endmacro %}
