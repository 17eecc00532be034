{#
    Leaves in the warehouse which dbt command wrote to it last: publishing compares it with the run
    results, which say nothing of the file they are about. Only DuckDB is published from.
#}
{% macro record_invocation() -%}
    {{ return(adapter.dispatch('record_invocation', 'nines')()) }}
{%- endmacro %}

{% macro duckdb__record_invocation() -%}
    {% if flags.WHICH in ['build', 'run', 'test', 'seed', 'snapshot'] %}
        {% do run_query(
            "create or replace table raw._invocation as select '" ~ invocation_id
            ~ "' as invocation_id"
        ) %}
    {% endif %}
{%- endmacro %}

{% macro spark__record_invocation() -%}
{%- endmacro %}
