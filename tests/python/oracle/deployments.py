"""The KPIs of deployments."""

from datetime import datetime, time

from oracle.kpis import Figure, divided, kpi
from oracle.periods import Period
from oracle.records import Records
from oracle.scopes import Scope, services_in


@kpi("deployment_frequency")
def deployment_frequency(records: Records, period: Period, scope: Scope) -> Figure:
    """Deployments that reached production per service and day since the service was first seen."""
    services = services_in(scope, "critical")
    named = {service.service_id for service in services}
    count = 0
    rollbacks = 0
    for deployment in scope.deployments:
        if deployment.service_id not in named or not period.holds(deployment.finished_at):
            continue
        if deployment.reached_production and deployment.is_rollback:
            rollbacks += 1
        elif deployment.reached_production:
            count += 1
    service_days = 0
    for service in services:
        for day in period.days():
            is_seen = service.first_seen_date is not None and service.first_seen_date <= day
            has_begun = datetime.combine(day, time()) < records.as_of
            if is_seen and has_begun:
                service_days += 1
    return divided(count, service_days, sample_count=count, excluded_count=rollbacks)
