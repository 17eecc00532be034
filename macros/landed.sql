{#
    The current state of an exported table: its contract's delivery rule applied to every landing
    known by `known_at`. Staging reads raw through this and nothing else.

    changes  the latest state of each key, by the version columns, then landing, then row
    whole    the rows of the newest complete issue; what it leaves out is gone
    period   for each period, the rows of the newest complete issue that carries it
#}
{% macro landed(system, table) -%}
    {%- set relation = source(system, table) -%}
    {%- if not execute -%}
        {#- Parsing: only which tables are read is of interest. -#}
        (select * from {{ relation }} cross join {{ source('nines', '_landings') }})
    {%- elif not graph.sources -%}
        {#- A unit test has no graph; its fixture is the current state. -#}
        (select * from {{ relation }})
    {%- else -%}
        {%- set contract = graph.sources['source.nines.' ~ system ~ '.' ~ table] -%}
        {%- set export = contract.config.meta.export -%}
        {%- set delivery = export.delivery -%}
        {%- set latest = [] -%}
        {%- for column in export.get('version', []) -%}
            {%- do latest.append('landed_rows.' ~ column ~ ' desc nulls last') -%}
        {%- endfor -%}
        {%- do latest.extend(['landed_rows._landing_id desc', 'landed_rows._source_row desc']) -%}
        {%- set known = utc_instant(var('known_at') or '9999-12-31') -%}
        {%- if delivery == 'changes' -%}
        (
            select * from {{ relation }} as landed_rows
            where _landed_at <= {{ known }}
            qualify row_number() over (
                partition by {{ export.key | join(', ') }}
                order by {{ latest | join(', ') }}
            ) = 1
        )
        {%- else -%}
        (
            select landed_rows.*
            from {{ relation }} as landed_rows
            inner join (
                select _landing_id, issue_version, issue_landing_id
                from (
                    select
                        _landing_id,
                        max(issue_version) over (partition by issue) as issue_version,
                        max(_landing_id) over (partition by issue) as issue_landing_id
                    from (
                        select _landing_id, issue, issue_version
                        from {{ source('nines', '_landings') }}
                        where
                            table_name = '{{ table }}'
                            and status = 'landed'
                            and issue_completed_at <= {{ known }}
                        -- A file that came again within its issue, packed or not, replaces its
                        -- earlier self.
                        qualify row_number() over (
                            partition by issue, regexp_replace(source_file, '[.](gz|zst)$', '')
                            order by _landing_id desc
                        ) = 1
                    ) as newest_files
                ) as ranked_files
                {%- if delivery == 'whole' %}
                qualify dense_rank() over (
                    order by issue_version desc nulls last, issue_landing_id desc
                ) = 1
                {%- endif %}
            ) as issues on landed_rows._landing_id = issues._landing_id
            {%- if delivery != 'whole' %}
            qualify dense_rank() over (
                partition by {{ delivery.period | join(', ') }}
                order by issues.issue_version desc nulls last, issues.issue_landing_id desc
            ) = 1
            {%- elif export.key %}
            qualify row_number() over (
                partition by {{ export.key | join(', ') }}
                order by {{ latest | join(', ') }}
            ) = 1
            {%- endif %}
        )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
