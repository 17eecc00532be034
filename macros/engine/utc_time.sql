{#
    The UTC instant of a wall time in a zone. Of a wall time that comes twice in autumn the second
    (standard time) is meant, as DuckDB has it; Spark takes the first, and is moved on by the hour.
#}
{% macro utc_time(wall_time, zone) -%}
    {{ return(adapter.dispatch('utc_time', 'nines')(wall_time, zone)) }}
{%- endmacro %}

{% macro duckdb__utc_time(wall_time, zone) -%}
    timezone('UTC', timezone({{ zone }}, {{ wall_time }}))
{%- endmacro %}

{% macro spark__utc_time(wall_time, zone) -%}
    {%- set first = 'to_utc_timestamp(' ~ wall_time ~ ', ' ~ zone ~ ')' -%}
    {%- set second = 'timestampadd(hour, 1, ' ~ first ~ ')' -%}
    case
        when from_utc_timestamp({{ second }}, {{ zone }}) = {{ wall_time }} then {{ second }}
        else {{ first }}
    end
{%- endmacro %}
