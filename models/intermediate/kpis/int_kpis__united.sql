{# A new KPI is a model with these columns, its name here, and `is_built` in the seed kpis. #}
{% set kpi_ids = [
    'sev1_incident_count',
    'sev1_time_to_mitigate',
    'availability_impact_minutes',
    'deployment_frequency',
] %}
{% for kpi_id in kpi_ids %}
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        numerator,
        denominator,
        value,
        sample_count,
        excluded_count
    from {{ ref('int_kpis__' ~ kpi_id) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
