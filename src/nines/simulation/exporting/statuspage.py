"""The company's own status page: what customers were told of incidents and of planned work."""

from datetime import datetime, timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.incident_names import (
    SMALL,
    pagerduty_incident,
    servicenow_incident_numbers,
    statuspage_post,
)
from nines.simulation.exporting.naming import ORGANISATION
from nines.simulation.exporting.redelivery import Table
from nines.simulation.exporting.states import shaped
from nines.simulation.exporting.statuspage_dirt import soil
from nines.simulation.exporting.statuspage_posts import Page, Post, Publisher, Update, by_quarter
from nines.simulation.truth import Dirt, Incident, Maintenance, Service, Truth

SYSTEM = "statuspage"
POSTS = Table(SYSTEM, "statuspage_incidents", lambda record: record["id"])
ZONE = "America/Los_Angeles"
IDENTIFIED_PERMILLE = 600
# A first fix that did not hold, where there was time for one.
RELAPSE_PERMILLE = 200
RELAPSE_NEEDS = timedelta(minutes=20)
# A monitoring update written a little later, and dated back to when it became true.
DATED_BACK_PERMILLE = 300
POSTMORTEM_PERMILLE = 700

_IMPACTS = ("critical", "critical", "major", "minor", "minor")


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the status page's exports; return their dirt."""
    author = _Author(truth, draws)
    posts = [
        author.of_incident(incident)
        for incident in truth.incidents
        if "statuspage" in incident.recorded_in and not incident.is_cancelled
    ]
    posts += [author.of_maintenance(maintenance) for maintenance in truth.maintenances]
    page_id = draws.identifier(SMALL, 12, "statuspage-page", SYSTEM)
    page = Page(page_id, ORGANISATION.title(), f"https://status.{ORGANISATION}.example.com", ZONE)
    publisher = Publisher(page, draws)
    told = by_quarter(posts, truth.scenario.end_at)
    if truth.scenario.is_dirty:
        deliveries, dirt = soil(told, POSTS, publisher.managed_incident, draws)
    else:
        deliveries, dirt = shaped(told, publisher.managed_incident), []
    publisher.write(folder, deliveries)
    return dirt


class _Author:
    """Writes the posts of one company's history."""

    def __init__(self, truth: Truth, draws: Draws) -> None:
        self.draws, self.end_at = draws, truth.scenario.end_at
        self.services = {service.service_id: service for service in truth.services}
        self.numbers = servicenow_incident_numbers(truth)

    def of_incident(self, incident: Incident) -> Post:
        """Return the post of an incident; its components are the services customers see."""
        seen = [
            self.services[service_id]
            for service_id in incident.service_ids
            if self.services[service_id].is_customer_facing
        ]
        is_felt = incident.stated_is_customer_impacting is not False
        return Post(
            post_id=statuspage_post(self.draws, incident.incident_id),
            title=incident.title,
            impact=_IMPACTS[incident.severity] if is_felt else "none",
            # Statuspage fills in the time of posting where the author states no start.
            started_at=incident.stated_impact_started_at or incident.first_customer_update_at,
            components=tuple(service.title for service in seen),
            updates=tuple(self._updates(incident, seen)),
            metadata=self._reference(incident),
        )

    def of_maintenance(self, maintenance: Maintenance) -> Post:
        """Return the post of planned work."""
        service = self.services[maintenance.service_id]
        steps = (
            ("scheduled", f"{maintenance.reason}.", maintenance.announced_at),
            ("in_progress", "The planned work has begun.", maintenance.started_at),
            ("completed", "The planned work is done.", maintenance.ended_at),
        )
        return Post(
            post_id=statuspage_post(self.draws, maintenance.maintenance_id),
            title=maintenance.reason,
            impact="maintenance",
            started_at=maintenance.started_at,
            components=(service.title,),
            updates=tuple(
                Update(status, body, at, at) for status, body, at in steps if at < self.end_at
            ),
            scheduled_for=maintenance.started_at,
            scheduled_until=maintenance.ended_at,
        )

    def _reference(self, incident: Incident) -> dict[str, dict[str, str]]:
        """Return what names the record of another system that this post is about."""
        if "pagerduty" in incident.recorded_in:
            case_id = pagerduty_incident(self.draws, incident.incident_id)
            return {"pagerduty": {"incident_id": case_id}}
        if "servicenow" in incident.recorded_in:
            return {"servicenow": {"number": self.numbers[incident.incident_id]}}
        return {}

    def _updates(self, incident: Incident, services: list[Service]) -> list[Update]:
        key = ("statuspage", incident.incident_id)
        names = " and ".join(service.title for service in services) or "one of our services"
        first_at = incident.first_customer_update_at
        mitigated_at, resolved_at = incident.stated_mitigated_at, incident.resolved_at
        updates = [_said("investigating", f"We are looking into trouble with {names}.", first_at)]
        found_by = mitigated_at or resolved_at
        if found_by and self.draws.happens(IDENTIFIED_PERMILLE, *key, "identified"):
            found_at = _between(first_at, found_by, 2, 5)
            updates.append(_said("identified", "We know what is wrong and work on it.", found_at))
        if mitigated_at:
            updates += self._relapse(first_at, mitigated_at, key)
            updates.append(self._mitigation(mitigated_at, resolved_at, key))
        if resolved_at:
            updates.append(_said("resolved", f"{names} works as it should again.", resolved_at))
            updates += self._postmortem(incident, resolved_at, key)
        return updates

    def _relapse(
        self, first_at: datetime, mitigated_at: datetime, key: tuple[str, str]
    ) -> list[Update]:
        if mitigated_at - first_at < RELAPSE_NEEDS or not self.draws.happens(
            RELAPSE_PERMILLE, *key, "relapse"
        ):
            return []
        return [
            _said("monitoring", "A fix is in place.", _between(first_at, mitigated_at, 3, 5)),
            _said("investigating", "The fix did not hold.", _between(first_at, mitigated_at, 4, 5)),
        ]

    def _mitigation(
        self, mitigated_at: datetime, resolved_at: datetime | None, key: tuple[str, str]
    ) -> Update:
        posted_at = mitigated_at
        if self.draws.happens(DATED_BACK_PERMILLE, *key, "dated back"):
            seconds = self.draws.integer(60, 600, *key, "posted after")
            last_at = min(resolved_at or self.end_at, self.end_at - timedelta(seconds=1))
            posted_at = min(mitigated_at + timedelta(seconds=seconds), last_at)
        return Update("monitoring", "A fix holds; we keep watching.", posted_at, mitigated_at)

    def _postmortem(
        self, incident: Incident, resolved_at: datetime, key: tuple[str, str]
    ) -> list[Update]:
        written_at = resolved_at + timedelta(hours=self.draws.integer(30, 150, *key, "written"))
        if (
            incident.severity > 1
            or written_at >= self.end_at
            or not self.draws.happens(POSTMORTEM_PERMILLE, *key, "postmortem")
        ):
            return []
        return [_said("postmortem", "What happened, and what we change.", written_at)]


def _said(status: str, body: str, at: datetime) -> Update:
    return Update(status, body, at, at)


def _between(first: datetime, last: datetime, part: int, of: int) -> datetime:
    """Return the instant after so many parts of the time between two, in whole seconds."""
    seconds = int((last - first).total_seconds()) * part // of
    return first + timedelta(seconds=seconds)
