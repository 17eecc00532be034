{# The statement that creates one raw table; on Spark it reads the lake `nines lake` writes. #}
{% macro create_raw_table(name, columns) -%}
    {{ return(adapter.dispatch('create_raw_table', 'nines')(name, columns)) }}
{%- endmacro %}

{% macro duckdb__create_raw_table(name, columns) -%}
    create table if not exists raw.{{ name }} ({{ columns }})
{%- endmacro %}

{% macro spark__create_raw_table(name, columns) -%}
    create table if not exists raw.{{ name }} ({{ columns }}) using parquet
    location '{{ env_var('NINES_LAKE', env_var('PWD', '.') ~ '/data/lake') }}/{{ name }}'
{%- endmacro %}
