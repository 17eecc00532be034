"""The KPIs of incidents."""

from oracle.kpis import Figure, counted, kpi
from oracle.periods import Period
from oracle.records import Records
from oracle.scopes import Scope, services_in
from oracle.statistics import median, total_seconds, union, whole_seconds

MAJOR = (0, 1)


@kpi("sev1_incident_count")
def sev1_incident_count(records: Records, period: Period, scope: Scope) -> Figure:
    """How many incidents of severity 0 or 1 began in the period; impossible times do not matter."""
    count = 0
    for incident in scope.incidents:
        if incident.severity in MAJOR and period.holds(incident.began_at):
            count += 1
    return counted(count, sample_count=count)


@kpi("sev1_time_to_mitigate")
def sev1_time_to_mitigate(records: Records, period: Period, scope: Scope) -> Figure:
    """The median time from beginning to mitigation, of those mitigated in the period."""
    seconds = []
    left_out = 0
    for incident in scope.incidents:
        if incident.severity not in MAJOR:
            continue
        if incident.is_impossible:
            left_out += period.holds(incident.mitigated_at or incident.began_at)
        elif incident.mitigated_at is None:
            left_out += period.holds(incident.began_at)
        elif period.holds(incident.mitigated_at):
            seconds.append(whole_seconds(incident.began_at, incident.mitigated_at))
    return Figure(None, None, median(seconds), len(seconds), left_out)


@kpi("availability_impact_minutes")
def availability_impact_minutes(records: Records, period: Period, scope: Scope) -> Figure:
    """The minutes in which each customer-facing service was hit, added over the services.

    The figure rests on the stretches in which a service was hit without a break.
    """
    stretches = []
    left_out = set()
    for service in services_in(scope, "customer_facing"):
        intervals = []
        for incident in scope.incidents:
            if service.service_id not in incident.service_ids:
                continue
            if not incident.is_customer_impacting:
                continue
            if incident.is_impossible:
                if period.holds(incident.opened_at):
                    left_out.add(incident.incident_id)
                continue
            start = max(incident.began_at, period.start_at)
            end = min(incident.mitigated_at or records.as_of, period.end_at)
            if start < end:
                intervals.append((start, end))
        stretches += union(intervals)
    minutes = total_seconds(stretches) / 60
    return counted(minutes, sample_count=len(stretches), excluded_count=len(left_out))
