{#
    Who noticed, from ServiceNow's contact type. A caller may be anybody, so a call or an e-mail says
    no more than that a person noticed.
#}
{% macro servicenow_detection_source(contact_type) -%}
    case
        when
            lower({{ contact_type }}) in (
                'alert', 'event', 'event management', 'integration', 'monitoring', 'monitoring tool'
            )
            then 'monitor'
        when {{ contact_type }} is not null then 'person'
    end
{%- endmacro %}
