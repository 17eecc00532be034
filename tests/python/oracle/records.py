"""What the company's records say: the truth as far as somebody wrote it down.

The definitions speak of records. A record knows less than the truth (nobody states every start of
impact), and dirt can make it say something else; everything else about the exports is form, and
must not change a number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from oracle.policies import critical_tiers, severities_customers_feel
from oracle.truth import Dirt, Truth

# What concerns no service is laid at this one, so that nothing is lost; every company has it.
UNATTRIBUTED = "unattributed"


@dataclass(frozen=True)
class KnownService:
    """A service as far as a catalogue describes it; one that none knows has only its name."""

    service_id: str
    is_catalogued: bool
    is_customer_facing: bool
    is_critical: bool
    tier: int | None
    team_id: str | None
    product: str | None
    regions: tuple[str, ...]
    first_seen_date: date | None  # None while no record names it


@dataclass(frozen=True)
class KnownDeployment:
    """A deployment that ended."""

    deployment_id: str
    service_id: str
    is_rollback: bool
    reached_production: bool
    finished_at: datetime


@dataclass(frozen=True)
class KnownIncident:
    """An incident of ours, an alert among them; merged and cancelled records are none."""

    incident_id: str
    severity: int | None
    service_ids: tuple[str, ...]
    is_customer_impacting: bool
    is_impossible: bool
    opened_at: datetime
    impact_started_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    first_customer_update_at: datetime | None

    @property
    def began_at(self) -> datetime:
        """The stated start of impact, or else the opening; of impossible times, the opening."""
        if self.is_impossible or self.impact_started_at is None:
            return self.opened_at
        return self.impact_started_at

    @property
    def is_open(self) -> bool:
        """Whether nothing says that it was mitigated or resolved."""
        return self.mitigated_at is None and self.resolved_at is None


@dataclass(frozen=True)
class Records:
    """All records, each once and in its final state, as of the newest of them."""

    as_of: datetime
    services: dict[str, KnownService]
    deployments: list[KnownDeployment]
    incidents: list[KnownIncident]
    # When each kind of record that feeds a KPI first came, and last.
    fed_between: dict[str, tuple[datetime, datetime]]

    @property
    def earliest_fact_at(self) -> datetime:
        """The first record of any kind that feeds a KPI; the end of time when there is none."""
        return min(first for first, _ in self.fed_between.values())


def records_of(truth: Truth) -> Records:
    """Return what the exports of this truth, with its dirt, say of the company."""
    services = _services(truth)
    incidents = _incidents(truth, services) + _alerts(truth)
    deployments = _deployments(truth)
    return Records(
        as_of=truth.end_at,
        services=services,
        deployments=deployments,
        incidents=incidents,
        fed_between={
            "incidents": _span(incident.began_at for incident in incidents),
            "deployments": _span(deployment.finished_at for deployment in deployments),
        },
    )


def _services(truth: Truth) -> dict[str, KnownService]:
    critical = critical_tiers()
    known = {UNATTRIBUTED: _uncatalogued(UNATTRIBUTED, None)}
    for service in truth.services:
        if service.catalogued_in is None:
            known[service.service_id] = _uncatalogued(service.service_id, service.first_seen_date)
            continue
        known[service.service_id] = KnownService(
            service_id=service.service_id,
            is_catalogued=True,
            is_customer_facing=service.is_customer_facing,
            is_critical=service.tier in critical,
            tier=service.tier,
            team_id=service.team_id,
            product=service.product,
            regions=service.regions,
            first_seen_date=service.first_seen_date,
        )
    for piece in _pieces(truth, "unknown_service"):
        name = service_named(piece)
        day = _day_of_record(truth, piece)
        if name not in known or day < known[name].first_seen_date:
            known[name] = _uncatalogued(name, day)
    return known


def _uncatalogued(service_id: str, first_seen_date: date | None) -> KnownService:
    return KnownService(
        service_id=service_id,
        is_catalogued=False,
        is_customer_facing=False,
        is_critical=False,
        tier=None,
        team_id=None,
        product=None,
        regions=(),
        first_seen_date=first_seen_date,
    )


def service_named(piece: Dirt) -> str:
    """Return the service a name no catalogue knows becomes: names are compared without case."""
    assert piece.recorded_service
    return piece.recorded_service.strip().lower()


def _day_of_record(truth: Truth, piece: Dirt) -> date:
    for incident in truth.incidents:
        if incident.incident_id == piece.incident_id:
            return incident.opened_at.date()
    for deployment in truth.deployments:
        if deployment.deployment_id == piece.deployment_id:
            return deployment.started_at.date()
    raise AssertionError(f"{piece} is about no incident and no deployment")


def _pieces(truth: Truth, kind: str) -> list[Dirt]:
    return [piece for piece in truth.dirt if piece.kind == kind]


def _deployments(truth: Truth) -> list[KnownDeployment]:
    renamed = {
        piece.deployment_id: service_named(piece) for piece in _pieces(truth, "unknown_service")
    }
    return [
        KnownDeployment(
            deployment_id=deployment.deployment_id,
            service_id=renamed.get(deployment.deployment_id, deployment.service_id),
            is_rollback=deployment.kind == "rollback",
            reached_production=deployment.reached_production,
            finished_at=deployment.finished_at,
        )
        for deployment in truth.deployments
        if deployment.finished_at is not None
    ]


def _incidents(truth: Truth, services: dict[str, KnownService]) -> list[KnownIncident]:
    never_closed = {piece.incident_id for piece in _pieces(truth, "never_closed")}
    impossible = {piece.incident_id for piece in _pieces(truth, "impossible_duration")}
    renamed = {
        piece.incident_id: service_named(piece) for piece in _pieces(truth, "unknown_service")
    }
    felt = severities_customers_feel()
    known = []
    for incident in truth.incidents:
        if incident.is_cancelled:
            continue
        service_ids = incident.service_ids
        if incident.incident_id in renamed:
            service_ids = (renamed[incident.incident_id],)
        is_customer_impacting = incident.stated_is_customer_impacting
        if is_customer_impacting is None:
            is_customer_impacting = incident.severity in felt and any(
                services[service_id].is_customer_facing for service_id in service_ids
            )
        resolved_at = incident.resolved_at
        mitigated_at = incident.stated_mitigated_at or resolved_at
        if incident.incident_id in never_closed:
            resolved_at = mitigated_at = None
        if incident.incident_id in impossible:
            # The recorded end lies before the opening, on the same day.
            resolved_at = mitigated_at = incident.opened_at
        known.append(
            KnownIncident(
                incident_id=incident.incident_id,
                severity=incident.severity,
                service_ids=service_ids,
                is_customer_impacting=is_customer_impacting,
                is_impossible=incident.incident_id in impossible,
                opened_at=incident.opened_at,
                impact_started_at=incident.stated_impact_started_at,
                mitigated_at=mitigated_at,
                resolved_at=resolved_at,
                # A connector's copy of ServiceNow's table says nothing of who took it up.
                acknowledged_at=(
                    None
                    if incident.recorded_in[0] == "servicenow_tables"
                    else incident.acknowledged_at
                ),
                first_customer_update_at=incident.first_customer_update_at,
            )
        )
    return known


def _alerts(truth: Truth) -> list[KnownIncident]:
    """Return the alerts: incidents nobody gave a severity, so that customers felt nothing."""
    return [
        KnownIncident(
            incident_id=alert.alert_id,
            severity=None,
            service_ids=(alert.service_id,),
            is_customer_impacting=False,
            is_impossible=False,
            opened_at=alert.triggered_at,
            impact_started_at=None,
            mitigated_at=alert.resolved_at,
            resolved_at=alert.resolved_at,
            acknowledged_at=alert.acknowledged_at,
            first_customer_update_at=None,
        )
        for alert in truth.alerts
    ]


def _span(moments: Iterable[datetime]) -> tuple[datetime, datetime]:
    found = list(moments)
    return (min(found), max(found)) if found else (datetime.max, datetime.min)
