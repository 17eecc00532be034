{# What follows the last separator of a text; the whole text where there is none. #}
{% macro last_part(text, separator) -%}
    {{ return(adapter.dispatch('last_part', 'nines')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__last_part(text, separator) -%}
    string_split({{ text }}, '{{ separator }}')[-1]
{%- endmacro %}

{% macro spark__last_part(text, separator) -%}
    substring_index({{ text }}, '{{ separator }}', -1)
{%- endmacro %}
