{# True when a regular expression (quoted) is found in the text. #}
{% macro matches(text, pattern) -%}
    {{ return(adapter.dispatch('matches', 'nines')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
    ({{ text }} rlike {{ pattern }})
{%- endmacro %}
