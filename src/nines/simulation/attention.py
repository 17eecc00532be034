"""What interrupts people: alerts that come to nothing, and the pages of alerts and incidents."""

from datetime import date, datetime, timedelta

from nines.simulation.company import NOISY_TEAM
from nines.simulation.draws import Draws
from nines.simulation.rotations import Rotation
from nines.simulation.truth import Alert, Incident, Page, Service, Truth, days_of

RULES = (
    "HighErrorRate",
    "LatencyP99High",
    "DiskAlmostFull",
    "PodCrashLooping",
    "QueueTooLong",
    "CertificateExpires",
    "CpuThrottled",
)
# Alerts per thousand service-days. The noisy team's grow from start to end.
USUAL_PERMILLE = 80
NOISY_PERMILLE = (350, 1300)
ESCALATES_AFTER_SECONDS = 600

Rotations = dict[tuple[str, int], Rotation]


def interrupt(truth: Truth, draws: Draws, rotations: Rotations) -> None:
    """Fill the truth's alerts and pages."""
    truth.alerts = _alerts(truth, draws)
    pages = []
    for incident in truth.incidents:
        if incident.recorded_in[0] == "pagerduty":
            pages += _pages_of_incident(truth, draws, rotations, incident)
    for alert in truth.alerts:
        if alert.urgency == "high":
            pages += _pages_of_alert(truth, draws, rotations, alert)
    truth.pages = sorted(pages, key=lambda page: (page.sent_at, page.page_id))


def rules_of(draws: Draws, service: Service) -> list[str]:
    """Return the three alert rules of a service."""
    return draws.sample(RULES, 3, "rules", service.service_id)


def expected_permille(truth: Truth, service: Service, day: date) -> int:
    """Return how many alerts of a service a thousand days like this one would bring."""
    if not _is_noisy(truth, service):
        return USUAL_PERMILLE
    least, most = NOISY_PERMILLE
    passed = (day - truth.scenario.start_at.date()).days
    return least + (most - least) * passed // truth.scenario.days


def high_urgency_permille(truth: Truth, service: Service) -> int:
    """Return how many of a thousand alerts of a service wake somebody."""
    return 750 if _is_noisy(truth, service) else 500


def _is_noisy(truth: Truth, service: Service) -> bool:
    return service.team_id == truth.teams[min(NOISY_TEAM, len(truth.teams) - 1)].team_id


def _alerts(truth: Truth, draws: Draws) -> list[Alert]:
    alerts = []
    for place, service in enumerate(truth.services):
        if truth.team(service.team_id).pages_by != "pagerduty":
            continue
        rules = rules_of(draws, service)
        for number, day in enumerate(days_of(truth.scenario)):
            if day < service.first_seen_date:
                continue
            key = ("alert", service.service_id, day)
            whole, part = divmod(expected_permille(truth, service, day), 1000)
            for turn in range(whole + draws.happens(part, *key)):
                triggered_at = datetime.combine(day, datetime.min.time()) + timedelta(
                    seconds=draws.integer(0, 86_399, *key, turn, "at")
                )
                alerts.append(
                    _alert(
                        draws,
                        alert_id=f"A{place:03}-{number:04}-{turn}",
                        rule=draws.choice(rules, *key, turn, "rule"),
                        service_id=service.service_id,
                        triggered_at=triggered_at,
                        end_at=truth.scenario.end_at,
                        high_permille=high_urgency_permille(truth, service),
                    )
                )
    return sorted(alerts, key=lambda alert: (alert.triggered_at, alert.alert_id))


def _alert(
    draws: Draws,
    *,
    alert_id: str,
    rule: str,
    service_id: str,
    triggered_at: datetime,
    end_at: datetime,
    high_permille: int,
) -> Alert:
    urgency = "high" if draws.happens(high_permille, alert_id, "urgency") else "low"
    is_actionable = draws.happens(150, alert_id, "actionable")
    is_seen = urgency == "high" and (is_actionable or draws.happens(300, alert_id, "seen"))
    acknowledged_at = triggered_at + timedelta(
        seconds=25 + draws.long_tailed(150, alert_id, "acknowledged")
    )
    if is_actionable:
        lasted = 900 + draws.long_tailed(1500, alert_id, "worked on")
    else:
        lasted = draws.long_tailed(420, alert_id, "went away")
    resolved_at = triggered_at + timedelta(seconds=60 + lasted)
    is_acknowledged = is_seen and acknowledged_at < min(resolved_at, end_at)
    return Alert(
        alert_id=alert_id,
        rule=rule,
        service_id=service_id,
        urgency=urgency,
        is_actionable=is_actionable,
        triggered_at=triggered_at,
        acknowledged_at=acknowledged_at if is_acknowledged else None,
        resolved_at=resolved_at if resolved_at < end_at else None,
    )


def _pages_of_incident(
    truth: Truth, draws: Draws, rotations: Rotations, incident: Incident
) -> list[Page]:
    """Page the origin's team, one level more when nobody answers, and each team it spread to."""
    if incident.severity == 4:
        return []
    pages = _steps(
        truth,
        draws,
        rotations,
        source=incident.incident_id,
        service_id=incident.service_ids[0],
        rule=None,
        opened_at=incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        over_at=incident.resolved_at,
        is_incident=True,
    )
    for service_id, reached_at in zip(incident.service_ids[1:], incident.spread_at, strict=True):
        pages += _steps(
            truth,
            draws,
            rotations,
            source=incident.incident_id,
            service_id=service_id,
            rule=None,
            opened_at=reached_at,
            acknowledged_at=None,
            over_at=reached_at + timedelta(seconds=ESCALATES_AFTER_SECONDS),
            is_incident=True,
        )
    return pages


def _pages_of_alert(truth: Truth, draws: Draws, rotations: Rotations, alert: Alert) -> list[Page]:
    return _steps(
        truth,
        draws,
        rotations,
        source=alert.alert_id,
        service_id=alert.service_id,
        rule=alert.rule,
        opened_at=alert.triggered_at,
        acknowledged_at=alert.acknowledged_at,
        over_at=alert.resolved_at,
        is_incident=False,
    )


def _steps(
    truth: Truth,
    draws: Draws,
    rotations: Rotations,
    *,
    source: str,
    service_id: str,
    rule: str | None,
    opened_at: datetime,
    acknowledged_at: datetime | None,
    over_at: datetime | None,
    is_incident: bool,
) -> list[Page]:
    """Return the pages of one call for help: level 2 when ten minutes at level 1 bring nothing."""
    team_id = truth.service(service_id).team_id
    silent_until = min(
        moment for moment in (acknowledged_at, over_at, truth.scenario.end_at) if moment
    )
    levels = 1 + (silent_until > opened_at + timedelta(seconds=ESCALATES_AFTER_SECONDS + 60))
    pages = []
    for level in range(1, levels + 1):
        delay = draws.integer(3, 20, "page", source, service_id, level)
        sent_at = opened_at + timedelta(seconds=ESCALATES_AFTER_SECONDS * (level - 1) + delay)
        if sent_at >= truth.scenario.end_at:
            break
        pages.append(
            Page(
                page_id=f"{source}/{service_id}/{level}",
                incident_id=source if is_incident else None,
                alert_id=None if is_incident else source,
                service_id=service_id,
                rule=rule,
                person_id=rotations[team_id, level].person_at(opened_at),
                level=level,
                channels=draws.weighted(
                    ((("push",), 5), (("push", "phone"), 3), (("sms", "phone"), 2)),
                    "channels",
                    source,
                    service_id,
                    level,
                ),
                sent_at=sent_at,
                acknowledged_at=acknowledged_at if level == levels else None,
            )
        )
    return pages
