{# A date or timestamp moved by a count of microsecond, second, minute, hour, day, month or year. #}
{% macro add_to(moment, count, unit) -%}
    {{ return(adapter.dispatch('add_to', 'nines')(moment, count, unit)) }}
{%- endmacro %}

{% macro duckdb__add_to(moment, count, unit) -%}
    ({{ moment }} + to_{{ unit }}s({{ count }}))
{%- endmacro %}

{% macro spark__add_to(moment, count, unit) -%}
    timestampadd({{ unit }}, {{ count }}, {{ moment }})
{%- endmacro %}
