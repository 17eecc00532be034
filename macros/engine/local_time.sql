{# The wall time a UTC instant has in a zone (an IANA name or an expression). #}
{% macro local_time(instant, zone) -%}
    {{ return(adapter.dispatch('local_time', 'nines')(instant, zone)) }}
{%- endmacro %}

{% macro duckdb__local_time(instant, zone) -%}
    timezone({{ zone }}, timezone('UTC', {{ instant }}))
{%- endmacro %}

{% macro spark__local_time(instant, zone) -%}
    from_utc_timestamp({{ instant }}, {{ zone }})
{%- endmacro %}
