{#
    Spark's Parquet tables take no not-null constraint once they are there, and dbt would add each
    by `alter table`. The data tests hold on Spark instead.
#}
{% macro spark__persist_constraints(relation, model) %}{% endmacro %}
