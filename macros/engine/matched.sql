{# The first group of a regular expression in a text; null where it does not match. #}
{% macro matched(text, pattern) -%}
    {{ return(adapter.dispatch('matched', 'nines')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matched(text, pattern) -%}
    nullif(regexp_extract({{ text }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{% macro spark__matched(text, pattern) -%}
    nullif(regexp_extract({{ text }}, r'{{ pattern }}', 1), '')
{%- endmacro %}
