{# An instant given as text by a person, in UTC; text without an offset is UTC. #}
{% macro utc_instant(text) -%}
    {{ return(adapter.dispatch('utc_instant', 'nines')(text)) }}
{%- endmacro %}

{% macro duckdb__utc_instant(text) -%}
    timezone('UTC', cast({{ "'" ~ text ~ "'" if text else 'null' }} as timestamptz))
{%- endmacro %}

{% macro spark__utc_instant(text) -%}
    cast({{ "'" ~ text ~ "'" if text else 'null' }} as timestamp)
{%- endmacro %}
