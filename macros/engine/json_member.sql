{# The text of a JSON object's member, whatever its key is made of; null for text that is no JSON. #}
{% macro json_member(json, key) -%}
    {{ return(adapter.dispatch('json_member', 'nines')(json, key)) }}
{%- endmacro %}

{% macro duckdb__json_member(json, key) -%}
    json_extract_string(try_cast({{ json }} as json), '$."{{ key }}"')
{%- endmacro %}

{% macro spark__json_member(json, key) -%}
    get_json_object({{ json }}, "$['{{ key }}']")
{%- endmacro %}
