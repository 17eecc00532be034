{# The conformed id of the same incident in another system, from ServiceNow's correlation fields. #}
{% macro servicenow_cross_reference(correlation_system, correlation_id) -%}
    lower(replace({{ correlation_system }}, ' ', '')) || ':' || trim({{ correlation_id }})
{%- endmacro %}
