{# One row per part of a text cut at a literal separator, for a select list. #}
{% macro explode_split(text, separator) -%}
    {{ return(adapter.dispatch('explode_split', 'nines')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__explode_split(text, separator) -%}
    unnest(string_split({{ text }}, {{ separator }}))
{%- endmacro %}

{% macro spark__explode_split(text, separator) -%}
    explode(split({{ text }}, concat('\\Q', {{ separator }}, '\\E')))
{%- endmacro %}
