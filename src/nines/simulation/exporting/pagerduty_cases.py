"""What PagerDuty knows: one case per incident, alert, and service that an incident spread to."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from nines.simulation.draws import Draws
from nines.simulation.exporting.incident_names import pagerduty_incident
from nines.simulation.exporting.naming import pagerduty_service
from nines.simulation.truth import Alert, Incident, Page, Person, Service, Team, Truth

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

_MOST_SECONDS_TO_MERGE = 540


@dataclass(frozen=True, slots=True)
class Case:
    """One incident in PagerDuty's sense."""

    case_id: str
    incident_id: str | None  # ours; None for an alert
    title: str
    key: str  # what PagerDuty folds repeated events by
    service_id: str  # PagerDuty's
    service_name: str | None
    team: Team
    priority: int | None
    urgency: str
    is_security: bool
    is_triggered_by_monitor: bool
    reporter: Person
    opened_at: datetime
    acknowledgements: tuple[tuple[datetime, Person], ...]
    pages: tuple[Page, ...]
    resolved_at: datetime | None
    resolver: Person | None  # None: the integration, by itself
    merged_into: str | None = None


class CaseBook:
    """Makes the cases of a company."""

    def __init__(self, truth: Truth, draws: Draws) -> None:
        """Look up what cases refer to."""
        self.truth, self.draws = truth, draws
        self.services = {service.service_id: service for service in truth.services}
        self.teams = {team.team_id: team for team in truth.teams}
        self.people = {person.person_id: person for person in truth.people}
        self.members = _grouped(truth.people, lambda person: person.team_id)
        self.pages = _grouped(
            truth.pages, lambda page: (page.incident_id, page.alert_id, page.service_id)
        )

    def all(self) -> list[Case]:
        """Return every case, in the order they were opened."""
        cases = [self.of_alert(alert) for alert in self.truth.alerts]
        for incident in self.truth.incidents:
            # PagerDuty has no word for cancelled: what was opened by mistake was deleted.
            if "pagerduty" in incident.recorded_in and not incident.is_cancelled:
                cases += [self.of_incident(incident), *self.spread_of(incident)]
        return in_order(cases)

    def of_incident(self, incident: Incident) -> Case:
        """Return the case of the service an incident began with."""
        service = self.services[incident.service_ids[0]]
        pages = self._pages(incident.incident_id, None, service.service_id)
        acknowledgements = self._acknowledgements(pages, incident.acknowledged_at, incident)
        resolver = self.people.get(incident.commander_id or "") or self._member(
            service, incident.incident_id, "resolver"
        )
        return Case(
            case_id=pagerduty_incident(self.draws, incident.incident_id),
            incident_id=incident.incident_id,
            title=incident.title,
            key=self.draws.hexadecimal(32, "pagerduty-key", incident.incident_id),
            service_id=pagerduty_service(self.draws, service.service_id),
            service_name=service.title,
            team=self.teams[service.team_id],
            priority=incident.severity,
            urgency="high" if pages or incident.severity < 4 else "low",
            is_security=incident.is_security,
            is_triggered_by_monitor=incident.detection_source == "monitor",
            reporter=self._member(service, incident.incident_id, "reporter"),
            opened_at=incident.opened_at,
            acknowledgements=acknowledgements,
            pages=pages,
            resolved_at=incident.resolved_at,
            resolver=resolver,
        )

    def spread_of(self, incident: Incident) -> list[Case]:
        """Return the cases of the services an incident spread to, each merged into the first."""
        return [
            self.merged_case(incident, service_id, reached_at)
            for service_id, reached_at in zip(
                incident.service_ids[1:], incident.spread_at, strict=True
            )
        ]

    def merged_case(self, incident: Incident, service_id: str, opened_at: datetime) -> Case:
        """Return a case a monitor opened on a service and a person merged into the incident."""
        service = self.services[service_id]
        key = (incident.incident_id, service_id, "merged")
        last_at = min(
            incident.resolved_at or self.truth.scenario.end_at,
            self.truth.scenario.end_at - timedelta(seconds=1),
        )
        delay = self.draws.integer(60, _MOST_SECONDS_TO_MERGE, *key, "delay")
        member = self._member(service, *key)
        is_origin = service_id == incident.service_ids[0]
        return Case(
            case_id=pagerduty_incident(self.draws, *key),
            incident_id=incident.incident_id,
            title=f"{service.title} answers with errors",
            key=self.draws.hexadecimal(32, "pagerduty-key", *key),
            service_id=pagerduty_service(self.draws, service_id),
            service_name=service.title,
            team=self.teams[service.team_id],
            priority=incident.severity,
            urgency="high",
            is_security=False,
            is_triggered_by_monitor=True,
            reporter=member,
            opened_at=opened_at,
            acknowledgements=(),
            pages=() if is_origin else self._pages(incident.incident_id, None, service_id),
            resolved_at=max(opened_at, min(opened_at + timedelta(seconds=delay), last_at)),
            resolver=member,
            merged_into=pagerduty_incident(self.draws, incident.incident_id),
        )

    def of_alert(self, alert: Alert) -> Case:
        """Return the case of a firing alert rule."""
        service = self.services[alert.service_id]
        pages = self._pages(None, alert.alert_id, alert.service_id)
        acknowledgements = self._acknowledgements(pages, alert.acknowledged_at, alert)
        return Case(
            case_id=pagerduty_incident(self.draws, alert.alert_id),
            incident_id=None,
            title=f"[FIRING] {alert.rule} {service.title}",
            key=self.draws.hexadecimal(32, "pagerduty-key", alert.rule, alert.service_id),
            service_id=pagerduty_service(self.draws, alert.service_id),
            service_name=service.title,
            team=self.teams[service.team_id],
            priority=None,
            urgency=alert.urgency,
            is_security=False,
            is_triggered_by_monitor=True,
            reporter=self._member(service, alert.alert_id, "reporter"),
            opened_at=alert.triggered_at,
            acknowledgements=acknowledgements,
            pages=pages,
            resolved_at=alert.resolved_at,
            resolver=acknowledgements[0][1] if acknowledgements else None,
        )

    def _acknowledgements(
        self, pages: Iterable[Page], stated_at: datetime | None, source: Incident | Alert
    ) -> tuple[tuple[datetime, Person], ...]:
        """Return who acknowledged, and when: those who were paged, else somebody of the team."""
        found = {(page.acknowledged_at, page.person_id) for page in pages if page.acknowledged_at}
        if stated_at and stated_at not in {moment for moment, _ in found}:
            if isinstance(source, Incident):
                service_id, key = source.service_ids[0], source.incident_id
            else:
                service_id, key = source.service_id, source.alert_id
            member = self._member(self.services[service_id], key, "acknowledged")
            found.add((stated_at, member.person_id))
        return tuple((moment, self.people[person_id]) for moment, person_id in sorted(found))

    def _pages(
        self, incident_id: str | None, alert_id: str | None, service_id: str
    ) -> tuple[Page, ...]:
        return self.pages.get((incident_id, alert_id, service_id), ())

    def _member(self, service: Service, *key: str) -> Person:
        return self.draws.choice(self.members[service.team_id], "pagerduty", *key)


def in_order(cases: Iterable[Case]) -> list[Case]:
    """Return cases in the order they were opened."""
    return sorted(cases, key=lambda case: (case.opened_at, case.case_id))


def _grouped(rows: Iterable[Row], key_of: Callable[[Row], Key]) -> dict[Key, tuple[Row, ...]]:
    groups: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key_of(row)].append(row)
    return {key: tuple(group) for key, group in groups.items()}
