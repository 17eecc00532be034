"""What goes wrong: providers' incidents, and ours, from their cause to where they spread."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nines.simulation.clock import last_whole_quarter_start, trouble_permille
from nines.simulation.company import EXHAUSTED_SERVICE
from nines.simulation.draws import Draws
from nines.simulation.releases import Fault
from nines.simulation.truth import (
    Incident,
    Maintenance,
    Service,
    Truth,
    VendorIncident,
    days_of,
)

VENDOR_INCIDENTS_PER_MILLION_DAYS = 28_000
VENDOR_FELT_PERMILLE = 450
WRITTEN_UP_EVERY = 12  # of a provider's incidents one is told days later
# Incidents nobody's release caused, per million service-days, by tier.
SPONTANEOUS_PER_MILLION = (60_000, 42_000, 22_000, 9_000)
# Severity 0 to 4, by tier of the origin.
SEVERITY_WEIGHTS = (
    ((0, 2), (1, 12), (2, 28), (3, 36), (4, 22)),
    ((0, 0), (1, 8), (2, 27), (3, 40), (4, 25)),
    ((0, 0), (1, 3), (2, 16), (3, 46), (4, 35)),
    ((0, 0), (1, 0), (2, 6), (3, 44), (4, 50)),
)
# Median seconds from the start of impact to its end, by severity.
MITIGATION_SECONDS = (2400, 3300, 5400, 9000, 16000)
IMPACT_PERMILLE = ((300, 950), (120, 700), (30, 300), (3, 60), (1, 10))
CAUSES = (
    ("capacity", 30),
    ("configuration", 26),
    ("hardware", 14),
    ("dependency", 22),
    ("security", 8),
)
CHRONIC_PERMILLE = 450
UNKNOWN_CAUSE_PERMILLE = 200
SPREAD_PERMILLE = 300
CANCELLED_PERMILLE = 30
TITLES = {
    "deployment": "{} fails after release {}",
    "capacity": "{} is slow: no capacity left",
    "configuration": "{} refuses requests after a change of settings",
    "hardware": "{} lost a node",
    "dependency": "{} times out waiting for another service",
    "security": "{}: suspicious sign-ins",
    "vendor": "{} is hit by an outage of {}",
}
# The service whose outage the history leaves open, and the one whose budget is gone: hours of
# outage, days after the last whole quarter began.
STILL_OPEN_SERVICE = 4
EXHAUSTING_OUTAGES = ((20, 7), (34, 4), (52, 3))


@dataclass(frozen=True, slots=True)
class _Trigger:
    """Why an incident begins."""

    key: tuple[str | int, ...]
    service: Service
    cause: str
    began_at: datetime
    fixed_at: datetime | None = None
    severity: int | None = None
    detail: str = ""
    deployment_id: str | None = None
    vendor_incident_id: str | None = None


def fail(truth: Truth, draws: Draws, faults: Sequence[Fault]) -> None:
    """Fill the truth's vendor incidents, incidents and maintenances."""
    truth.vendor_incidents = _vendor_incidents(truth, draws)
    triggers = (
        _from_releases(truth, draws, faults)
        + _from_vendors(truth, draws)
        + _spontaneous(truth, draws)
        + _exhausting(truth)
        + _still_open(truth)
    )
    incidents = [incident for trigger in triggers if (incident := _incident(truth, draws, trigger))]
    incidents.sort(key=lambda incident: (incident.opened_at, incident.incident_id))
    truth.incidents = [
        replace(incident, incident_id=f"INC-{number:05}")
        for number, incident in enumerate(incidents, 1)
    ]
    _name_incidents_of_deployments(truth)
    truth.maintenances = _maintenances(truth, draws)


def _vendor_incidents(truth: Truth, draws: Draws) -> list[VendorIncident]:
    found = []
    for vendor in truth.vendors:
        count = 0
        for day in days_of(truth.scenario):
            key = ("vendor incident", vendor.vendor_id, day)
            if not draws.happens_per_million(VENDOR_INCIDENTS_PER_MILLION_DAYS, *key):
                continue
            count += 1
            began_at = _on(day, draws.integer(0, 86_399, *key, "began"))
            lasted = draws.long_tailed(5700, *key, "lasted")
            ended_at = began_at + timedelta(seconds=lasted)
            # Most are told while they last, some are written up only days later. By turns, not by
            # chance: instants the wrong way round in a fifth of the rows would be a misread file.
            delay = (
                draws.integer(86_400, 400_000, *key, "written up")
                if count % WRITTEN_UP_EVERY == 3
                else min(draws.long_tailed(1500, *key, "published"), lasted * 2 // 3)
            )
            published_at = began_at + timedelta(seconds=delay)
            if published_at >= truth.scenario.end_at:
                continue
            product = draws.choice(vendor.products, *key, "product")
            found.append(
                VendorIncident(
                    vendor_incident_id=f"{vendor.vendor_id}-{day:%Y%m%d}",
                    vendor_id=vendor.vendor_id,
                    product=product,
                    severity=draws.weighted(
                        (("high", 20), ("medium", 50), ("low", 30)), *key, "severity"
                    ),
                    title=f"{product}: elevated errors",
                    began_at=began_at,
                    ended_at=ended_at if ended_at < truth.scenario.end_at else None,
                    published_at=published_at,
                )
            )
    return found


def _from_releases(truth: Truth, draws: Draws, faults: Sequence[Fault]) -> list[_Trigger]:
    triggers = []
    for fault in faults:
        if not fault.causes_incident:
            continue
        shipped = fault.deployment
        delay = draws.integer(20, 280, "breaks after", shipped.deployment_id)
        began_at = shipped.finished_at + timedelta(seconds=delay)
        triggers.append(
            _Trigger(
                key=("deployment", shipped.deployment_id),
                service=truth.service(shipped.service_id),
                cause="deployment",
                began_at=began_at,
                fixed_at=fault.fixed_at,
                detail=shipped.version,
                deployment_id=shipped.deployment_id,
            )
        )
    return triggers


def _from_vendors(truth: Truth, draws: Draws) -> list[_Trigger]:
    triggers = []
    for vendor_incident in truth.vendor_incidents:
        vendor = next(
            vendor for vendor in truth.vendors if vendor.vendor_id == vendor_incident.vendor_id
        )
        for service in truth.services:
            key = ("felt", vendor_incident.vendor_incident_id, service.service_id)
            if (
                vendor.vendor_id in service.vendor_ids
                and service.first_seen_date < vendor_incident.began_at.date()
                and vendor_incident.severity == "high"
                and draws.happens(VENDOR_FELT_PERMILLE, *key)
            ):
                triggers.append(
                    _Trigger(
                        key=key,
                        service=service,
                        cause="vendor",
                        began_at=vendor_incident.began_at
                        + timedelta(seconds=draws.integer(10, 400, *key, "delay")),
                        fixed_at=vendor_incident.ended_at,
                        detail=vendor.name,
                        vendor_incident_id=vendor_incident.vendor_incident_id,
                    )
                )
    return triggers


def _spontaneous(truth: Truth, draws: Draws) -> list[_Trigger]:
    triggers = []
    for service in truth.services:
        for day in days_of(truth.scenario):
            rate = SPONTANEOUS_PER_MILLION[service.tier] * trouble_permille(truth.scenario, day)
            key = ("spontaneous", service.service_id, day)
            if day > service.first_seen_date and draws.happens_per_million(rate // 1000, *key):
                triggers.append(
                    _Trigger(
                        key=key,
                        service=service,
                        cause=draws.weighted(CAUSES, *key, "cause"),
                        began_at=_on(day, draws.integer(0, 86_399, *key, "began")),
                    )
                )
    return triggers


def _exhausting(truth: Truth) -> list[_Trigger]:
    """Return the outages that spend one service's budget whole, while it goes on releasing."""
    if len(truth.services) <= EXHAUSTED_SERVICE:
        return []
    service = truth.services[EXHAUSTED_SERVICE]
    first = last_whole_quarter_start(truth.scenario)
    triggers = []
    for days, hours in EXHAUSTING_OUTAGES:
        began_at = datetime.combine(first, datetime.min.time()) + timedelta(days=days, hours=10)
        if truth.scenario.start_at < began_at < truth.scenario.end_at:
            triggers.append(
                _Trigger(
                    key=("exhausting", days),
                    service=service,
                    cause="capacity",
                    began_at=began_at,
                    fixed_at=began_at + timedelta(hours=hours),
                    severity=1 if hours > 5 else 2,
                )
            )
    return triggers


def _still_open(truth: Truth) -> list[_Trigger]:
    """Return the outage nobody has mended yet when the history ends."""
    began_at = truth.scenario.end_at - timedelta(hours=7)
    service = truth.services[min(STILL_OPEN_SERVICE, len(truth.services) - 1)]
    if began_at <= datetime.combine(service.first_seen_date, datetime.min.time()):
        return []
    fixed_at = truth.scenario.end_at + timedelta(hours=3)
    return [_Trigger(("still open",), service, "capacity", began_at, fixed_at, severity=1)]


def _incident(truth: Truth, draws: Draws, trigger: _Trigger) -> Incident | None:
    """Return the incident a trigger grows into; None when the history ends before it is seen."""
    end_at, key = truth.scenario.end_at, trigger.key
    team = truth.team(trigger.service.team_id)
    home = team.pages_by
    severity = trigger.severity
    if severity is None:
        severity = draws.weighted(SEVERITY_WEIGHTS[trigger.service.tier], *key, "severity")
    if home != "pagerduty":
        severity = max(severity, 1)  # ServiceNow's scale begins at 1

    clocks = _Clocks(truth, draws, trigger, severity, in_minutes=home != "pagerduty")
    if clocks.opened_at >= end_at:
        return None
    spread = _spread(truth, draws, trigger, severity, clocks) if home == "pagerduty" else []
    services = (trigger.service, *(service for service, _ in spread))
    is_felt = severity <= 2 and any(service.is_customer_facing for service in services)
    # What a release broke or a provider's outage reached was no mistake.
    is_cancelled = (
        home != "pagerduty"
        and severity >= 3
        and trigger.cause not in ("deployment", "vendor")
        and draws.happens(CANCELLED_PERMILLE, *key, "cancel")
    )
    page = clocks.page(services, home) if not is_cancelled else None
    low, high = IMPACT_PERMILLE[severity]
    cause_key = _cause_key(draws, trigger)
    has_problem = home != "pagerduty" and cause_key and draws.happens(500, *key, "problem")
    return Incident(
        incident_id="/".join(str(part) for part in key),
        severity=severity,
        title=TITLES[trigger.cause].format(trigger.service.title, trigger.detail),
        service_ids=tuple(service.service_id for service in services),
        cause=trigger.cause,
        cause_key=cause_key,
        problem_id=_problem_id(draws, cause_key) if has_problem else None,
        caused_by_deployment_id=trigger.deployment_id,
        vendor_incident_id=trigger.vendor_incident_id,
        detection_source=clocks.detection_source,
        commander_id=(
            draws.choice(
                [person.person_id for person in truth.people if person.team_id == team.team_id],
                *key,
                "commander",
            )
            if draws.happens((1000, 880, 400, 0, 0)[severity], *key, "commanded")
            else None
        ),
        is_cancelled=is_cancelled,
        is_security=trigger.cause == "security",
        is_customer_impacting=page.is_felt if page else is_felt,
        stated_is_customer_impacting=page.is_felt if page else None,
        impact_permille=draws.integer(low, high, *key, "impact"),
        recorded_in=(home, "statuspage") if page else (home,),
        spread_at=tuple(moment for _, moment in spread),
        opened_at=clocks.opened_at,
        impact_started_at=clocks.impact_started_at,
        stated_impact_started_at=page.stated_impact_started_at if page else None,
        detected_at=clocks.detected_at,
        acknowledged_at=clocks.before_end(clocks.acknowledged_at),
        mitigated_at=clocks.before_end(clocks.mitigated_at),
        stated_mitigated_at=page.stated_mitigated_at if page else None,
        resolved_at=clocks.before_end(clocks.resolved_at),
        first_customer_update_at=page.first_update_at if page else None,
    )


@dataclass(frozen=True, slots=True)
class _StatusPage:
    """What customers were told of an incident."""

    is_felt: bool
    first_update_at: datetime
    stated_impact_started_at: datetime | None
    stated_mitigated_at: datetime | None


class _Clocks:
    """The instants of one incident, in the order in which things happen."""

    def __init__(
        self, truth: Truth, draws: Draws, trigger: _Trigger, severity: int, *, in_minutes: bool
    ) -> None:
        self.end_at = truth.scenario.end_at
        self.draws, self.key, self.severity = draws, trigger.key, severity
        # People type whole minutes into ServiceNow.
        self.unit = 60 if in_minutes else 1
        sources = (
            (("monitor", 60), ("person", 16), ("customer", 14), (None, 10))
            if in_minutes
            else (("monitor", 84), ("person", 16))
        )
        self.detection_source = draws.weighted(sources, *trigger.key, "detected by")
        self.impact_started_at = self._whole(trigger.began_at)
        self.detected_at = self._after(self.impact_started_at, self._long_tailed(260, "detect"))
        delay = 0 if self.detection_source == "monitor" else self._integer(30, 240, "open")
        self.opened_at = self._after(self.detected_at, delay)
        self.acknowledged_at = None
        if severity < 3 or draws.happens(750, *trigger.key, "acknowledged"):
            self.acknowledged_at = self._after(
                self.opened_at, 30 + self._long_tailed(200, "acknowledge")
            )
        lasted = self._long_tailed(MITIGATION_SECONDS[severity], "mitigate")
        fixed_at = trigger.fixed_at or self.impact_started_at + timedelta(seconds=lasted)
        self.mitigated_at = max(
            self._after(fixed_at, self._integer(20, 200, "confirm")),
            self._after(self.acknowledged_at or self.opened_at, 60),
        )
        self.resolved_at = self._after(self.mitigated_at, self._long_tailed(1500, "resolve"))

    def page(self, services: Sequence[Service], home: str) -> _StatusPage | None:
        """Return what the status page says, if it says anything while the incident lasts."""
        if home == "servicenow_tables" or not any(
            service.is_customer_facing for service in services
        ):
            return None
        if not self.draws.happens((1000, 950, 800, 150, 0)[self.severity], *self.key, "posted"):
            return None
        first_update_at = self._after(self.opened_at, self._integer(180, 1500, "first update"))
        if first_update_at >= min(self.resolved_at, self.end_at):
            return None
        is_mitigation_told = (
            self.mitigated_at >= self._after(first_update_at, 120)
            and self.mitigated_at < self.end_at
            and self.draws.happens(850, *self.key, "mitigation told")
        )
        return _StatusPage(
            is_felt=not self.draws.happens(50, *self.key, "not felt"),
            first_update_at=first_update_at,
            stated_impact_started_at=(
                self.impact_started_at if self.draws.happens(700, *self.key, "start told") else None
            ),
            stated_mitigated_at=self.mitigated_at if is_mitigation_told else None,
        )

    def before_end(self, moment: datetime | None) -> datetime | None:
        """Return an instant, or None when it lies beyond the history."""
        return moment if moment and moment < self.end_at else None

    def _whole(self, moment: datetime) -> datetime:
        return moment - timedelta(seconds=moment.second) if self.unit == 60 else moment

    def _after(self, moment: datetime, seconds: int) -> datetime:
        """Return a later instant; in whole minutes, at least one of them."""
        if self.unit == 60:
            seconds = max(60, seconds // 60 * 60)
        return self._whole(moment + timedelta(seconds=seconds))

    def _integer(self, low: int, high: int, what: str) -> int:
        return self.draws.integer(low, high, *self.key, what)

    def _long_tailed(self, median: int, what: str) -> int:
        return self.draws.long_tailed(median, *self.key, what)


def _spread(
    truth: Truth, draws: Draws, trigger: _Trigger, severity: int, clocks: _Clocks
) -> list[tuple[Service, datetime]]:
    """Return the services an incident spread to, against the direction of calls, and when."""
    if severity > 2 or not draws.happens(SPREAD_PERMILLE, *trigger.key, "spread"):
        return []
    callers = [
        service
        for service in truth.services
        if trigger.service.service_id in service.depends_on
        and service.first_seen_date < trigger.began_at.date()
        and truth.team(service.team_id).pages_by == "pagerduty"
    ]
    spread = []
    for service in draws.sample(callers, 3, *trigger.key, "callers"):
        delay = draws.integer(30, 500, *trigger.key, "spread", service.service_id)
        reached_at = clocks.opened_at + timedelta(seconds=delay)
        if reached_at < min(clocks.mitigated_at, truth.scenario.end_at):
            spread.append((service, reached_at))
    return spread


def _cause_key(draws: Draws, trigger: _Trigger) -> str | None:
    """Return the cause as a review would name it; some come back, some are never found."""
    if trigger.cause == "vendor":
        return f"vendor/{trigger.detail.lower().replace(' ', '-')}"
    if draws.happens(UNKNOWN_CAUSE_PERMILLE, *trigger.key, "cause unknown"):
        return None
    stem = f"{trigger.service.service_id}/{trigger.cause}"
    if draws.happens(CHRONIC_PERMILLE, *trigger.key, "chronic"):
        return f"{stem}-{draws.integer(1, 2, *trigger.key, 'which')}"
    return f"{stem}-{trigger.began_at:%Y%m%d%H%M}"


def _problem_id(draws: Draws, cause_key: str) -> str:
    return f"PRB{draws.integer(10_000, 99_999, 'problem', cause_key)}"


def _name_incidents_of_deployments(truth: Truth) -> None:
    caused = {
        incident.caused_by_deployment_id: incident.incident_id
        for incident in truth.incidents
        if incident.caused_by_deployment_id
    }
    truth.deployments = [
        replace(deployment, caused_incident_id=caused.get(deployment.deployment_id))
        for deployment in truth.deployments
    ]


def _maintenances(truth: Truth, draws: Draws) -> list[Maintenance]:
    """Return planned work on services customers see, at night by UTC, told five days before."""
    found = []
    for service in truth.services:
        if not service.is_customer_facing or service.tier > 1:
            continue
        for day in days_of(truth.scenario):
            key = ("maintenance", service.service_id, day)
            announced_at = _on(day, 32_400 + draws.integer(0, 20_000, *key, "announced"))
            started_at = _on(day, 2 * 3600) + timedelta(days=5)
            ended_at = started_at + timedelta(minutes=draws.integer(20, 110, *key, "lasts"))
            if (
                day > service.first_seen_date
                and ended_at < truth.scenario.end_at
                and draws.happens_per_million(13_000, *key)
            ):
                team_members = [
                    person for person in truth.people if person.team_id == service.team_id
                ]
                found.append(
                    Maintenance(
                        maintenance_id=f"M-{service.service_id}-{day:%Y%m%d}",
                        service_id=service.service_id,
                        reason=f"Move {service.title.lower()} to larger machines",
                        approver_id=team_members[0].person_id,
                        announced_at=announced_at,
                        started_at=started_at,
                        ended_at=ended_at,
                    )
                )
    return found


def _on(day: date, seconds: int) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(seconds=seconds)
