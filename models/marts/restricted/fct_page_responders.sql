with

pages as (
    select * from {{ ref('int_pages__pagerduty') }}
    where responder_key is not null
),

people as (
    select * from {{ ref('dim_people') }}
    where pagerduty_id is not null
    -- Two people listed with one PagerDuty user would double its pages.
    qualify row_number() over (partition by pagerduty_id order by person_id) = 1
)

select
    pages.page_id,
    coalesce(people.person_id, pages.responder_key) as person_id,
    people.person_id is not null as is_known_person,
    pages.acknowledged_by_responder_at as acknowledged_at
from pages
left join people on pages.responder_key = people.pagerduty_id
