with

kpis as (
    select * from {{ ref('kpis') }}
),

company as (
    select * from {{ ref('fct_kpi_values') }}
    where scope_type = 'all'
)

select
    company.kpi_id,
    kpis.kpi_order,
    kpis.kpi_name,
    kpis.definition,
    kpis.scope_note,
    kpis.excluded_note,
    case
        when company.kpi_id = 'availability_impact_minutes'
            then 'reliability.fct_availability_impacts'
        when kpis.fed_by = 'incidents' then 'reliability.fct_incidents'
        when kpis.fed_by = 'deployments' then 'delivery.fct_deployments'
        else 'scorecard.fct_kpi_values'
    end as source_mart,
    company.period_grain,
    company.period_start_date,
    company.unit,
    company.target_kind,
    company.target_direction,
    company.status,
    company.is_complete,
    company.value,
    company.sample_count,
    company.excluded_count,
    company.target_value,
    company.previous_value,
    company.year_ago_value
from company
inner join kpis on company.kpi_id = kpis.kpi_id
