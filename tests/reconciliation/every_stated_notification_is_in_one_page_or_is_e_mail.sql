with

notifications as (
    select
        count(*) as notification_count,
        count(case when notification_type like '%mail%' then 1 end) as mail_count,
        count(case when notification_type is null then 1 end) as unstated_count
    from {{ ref('stg_pagerduty__log_entries') }}
    where log_entry_type = 'notify'
),

pages as (
    select coalesce(sum(notification_count), 0) as paged_count
    from {{ ref('fct_pages') }}
    where source_system = 'pagerduty'
),

findings as (
    select count(*) as listed_count
    from {{ ref('fct_data_findings') }}
    where entity = 'page' and source_system = 'pagerduty'
)

select
    notifications.notification_count,
    notifications.mail_count,
    pages.paged_count,
    findings.listed_count
from notifications
cross join pages
cross join findings
where
    notifications.notification_count
    <> notifications.mail_count + pages.paged_count + findings.listed_count
    or notifications.unstated_count <> findings.listed_count
