{#
    Spark's adapter puts the text of a seed between quotes as it is, so that an apostrophe ends it.
    This writes the same statement with apostrophes and backslashes escaped.
#}
{% macro spark__load_csv_rows(model, agate_table) %}
    {% set types = model.config.get('column_types', {}) %}
    {% set rows = [] %}
    {% for row in agate_table.rows %}
        {% set cells = [] %}
        {% for name in agate_table.column_names %}
            {% set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) %}
            {% set value = row[name] %}
            {% set text = value | string | replace('\\', '\\\\') | replace("'", "\\'") %}
            {% do cells.append(
                'cast(' ~ ('null' if value is none else "'" ~ text ~ "'") ~ ' as ' ~ type ~ ')'
            ) %}
        {% endfor %}
        {% do rows.append('(' ~ cells | join(', ') ~ ')') %}
    {% endfor %}
    {% set statement = 'insert into ' ~ this.render() ~ ' values ' ~ rows | join(', ') %}
    {% if rows %}
        {% do adapter.add_query(statement, abridge_sql_log=True) %}
    {% endif %}
    {{ return(statement) }}
{% endmacro %}
