{# The instant at or before a moment that is a whole count of so many seconds after 1970 began. #}
{% macro floor_to(moment, seconds) -%}
    {{ return(adapter.dispatch('floor_to', 'nines')(moment, seconds)) }}
{%- endmacro %}

{% macro duckdb__floor_to(moment, seconds) -%}
    make_timestamp(epoch_us({{ moment }}) - epoch_us({{ moment }}) % (1000000 * cast({{ seconds }} as bigint)))
{%- endmacro %}

{% macro spark__floor_to(moment, seconds) -%}
    timestamp_micros(unix_micros({{ moment }}) - unix_micros({{ moment }}) % (1000000 * cast({{ seconds }} as bigint)))
{%- endmacro %}
