{#
    Every landed state of an exported table that is known by `known_at`, for what keeps its history
    (SLO versions). Everything else reads the current state, through landed.
#}
{% macro landed_states(system, table) -%}
    (
        select * from {{ source(system, table) }}
        {%- if execute and graph.sources %}
        where _landed_at <= {{ utc_instant(var('known_at') or '9999-12-31') }}
        {%- endif %}
    )
{%- endmacro %}
