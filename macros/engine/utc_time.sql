{# The UTC instant of a wall time in a zone. #}
{% macro utc_time(wall_time, zone) -%}
    {{ return(adapter.dispatch('utc_time', 'nines')(wall_time, zone)) }}
{%- endmacro %}

{% macro duckdb__utc_time(wall_time, zone) -%}
    timezone('UTC', timezone({{ zone }}, {{ wall_time }}))
{%- endmacro %}

{% macro spark__utc_time(wall_time, zone) -%}
    to_utc_timestamp({{ wall_time }}, {{ zone }})
{%- endmacro %}
