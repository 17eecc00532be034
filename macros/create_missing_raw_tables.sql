{#
    Creates an empty raw table for each contract that has none yet, so that the models build
    before any landing and whichever exports a company has.
#}
{% macro create_missing_raw_tables() %}
    {% if execute and flags.WHICH in ['build', 'run', 'test', 'docs', 'snapshot', 'compile', 'show'] %}
        {% do run_query('create schema if not exists raw') %}
        {% for source in graph.sources.values() if source.schema == 'raw' %}
            {% set columns = [] %}
            {% for column in source.columns.values() %}
                {% do columns.append(adapter.quote(column.name) ~ ' ' ~ column.data_type) %}
            {% endfor %}
            {% if source.config.meta.export %}
                {% do columns.extend([
                    '_source_file string', '_source_row bigint', '_landing_id bigint', '_landed_at timestamp'
                ]) %}
            {% endif %}
            {% do run_query(create_raw_table(source.identifier, columns | join(', '))) %}
        {% endfor %}
        {% do record_invocation() %}
    {% endif %}
{% endmacro %}
