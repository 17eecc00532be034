with

spoken as (
    select
        'Monitoring' as contact_type,
        'PagerDuty' as correlation_system,
        ' P1 ' as correlation_id,
        'monitor' as expected_source,
        'pagerduty:P1' as expected_reference
    union all
    select
        'Self-service' as contact_type,
        'Status Page' as correlation_system,
        'x' as correlation_id,
        'person' as expected_source,
        'statuspage:x' as expected_reference
    union all
    select
        cast(null as string) as contact_type,
        cast(null as string) as correlation_system,
        'P2' as correlation_id,
        cast(null as string) as expected_source,
        cast(null as string) as expected_reference
),

understood as (
    select
        expected_source,
        expected_reference,
        {{ servicenow_detection_source('contact_type') }} as detection_source,
        {{ servicenow_cross_reference('correlation_system', 'correlation_id') }} as cross_reference
    from spoken
)

select * from understood
where
    coalesce(detection_source, 'none') <> coalesce(expected_source, 'none')
    or coalesce(cross_reference, 'none') <> coalesce(expected_reference, 'none')
