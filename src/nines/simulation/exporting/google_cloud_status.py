"""Google Cloud's public incident log: one JSON array, each incident with its updates."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.redelivery import (
    Deliveries,
    Record,
    Redelivery,
    Table,
    redeliver,
    spoil,
    with_value,
)
from nines.simulation.exporting.states import Earlier, Told, shaped, tell_earlier
from nines.simulation.exporting.writing import write_json
from nines.simulation.truth import Dirt, Truth, VendorIncident

SYSTEM = "google_cloud_status"
TABLE = Table(SYSTEM, "google_cloud_status_incidents", lambda record: record["id"])
EARLIER_STATES = Earlier(first=2, last=1)
AGAIN = Redelivery(repeated=2, reexported=2, late=2)

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_STATUS_IMPACTS = {
    "high": "SERVICE_OUTAGE",
    "medium": "SERVICE_DISRUPTION",
    "low": "SERVICE_INFORMATION",
}
_LOCATIONS = (
    ("Iowa (us-central1)", "us-central1"),
    ("Belgium (europe-west1)", "europe-west1"),
    ("Mumbai (asia-south1)", "asia-south1"),
    ("Oregon (us-west1)", "us-west1"),
)


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write Google's log; return its dirt."""
    vendors = {vendor.vendor_id for vendor in truth.vendors if vendor.page == SYSTEM}
    incidents = [known for known in truth.vendor_incidents if known.vendor_id in vendors]
    newest_first = sorted(incidents, key=lambda known: known.began_at, reverse=True)
    if not truth.scenario.is_dirty:
        files = {"incidents.json": newest_first}
    else:
        # A log read twice: what it had half of the history ago, and the rest of it.
        middle = truth.scenario.start_at + (truth.scenario.end_at - truth.scenario.start_at) / 2
        files = {
            "incidents_1.json": [known for known in newest_first if known.published_at < middle],
            "incidents_2.json": [known for known in newest_first if known.published_at >= middle],
        }
    told: Told[VendorIncident] = {
        file: [(known, truth.scenario.end_at) for known in knowns] for file, knowns in files.items()
    }
    log = _Log(draws)
    dirt = tell_earlier(told, TABLE, log.span, draws, EARLIER_STATES) if len(files) > 1 else []
    deliveries = shaped(told, log.incident)
    if truth.scenario.is_dirty:
        dirt += _soil(deliveries, draws)
    for file, records in deliveries.items():
        write_json(folder / file, records)
    return dirt


def _soil(deliveries: Deliveries, draws: Draws) -> list[Dirt]:
    dirt = redeliver(deliveries, TABLE, draws, AGAIN)
    return dirt + spoil(
        deliveries, TABLE, draws, (_without_id, with_value("2026-02-30T11:00:00+00:00", "begin"))
    )


def _without_id(record: Record) -> Record:
    """Return an incident nobody can name; its updates would be refused with it."""
    return {**record, "id": None, "updates": []}


@dataclass(frozen=True, slots=True)
class _Log:
    """Shapes incidents as Google writes them."""

    draws: Draws

    def span(self, incident: VendorIncident) -> tuple[str, datetime, datetime | None]:
        """Return the id of an incident, and from when to when its log was open."""
        return self._id(incident), incident.published_at, incident.ended_at

    def incident(self, incident: VendorIncident, as_of: datetime) -> Record:
        """Return an incident as the log showed it at an instant."""
        updates = [
            update for update in self._updates(incident) if update["created"] <= _text(as_of)
        ]
        is_over = updates[0]["status"] == "AVAILABLE"
        locations = self._locations(incident)
        record = {
            "id": self._id(incident),
            "number": str(10**18 + self.draws.bits("google-number", incident.vendor_incident_id)),
            "begin": _text(incident.began_at),
            "created": _text(incident.published_at),
            "end": _text(incident.ended_at) if is_over else None,
            "modified": updates[0]["modified"],
            "external_desc": incident.title,
            "updates": updates,
            "most_recent_update": updates[0],
            "status_impact": _STATUS_IMPACTS[incident.severity],
            "severity": incident.severity,
            "service_key": self._product_id(incident.product),
            "service_name": incident.product,
            "affected_products": [
                {"title": incident.product, "id": self._product_id(incident.product)}
            ],
            "uri": f"incidents/{self._id(incident)}",
            "currently_affected_locations": [] if is_over else locations,
            "previously_affected_locations": locations if is_over else [],
        }
        return {name: value for name, value in record.items() if name != "end" or value}

    def _updates(self, incident: VendorIncident) -> list[Record]:
        """Return what customers read, newest first; of what came late, only that it is over."""
        published_at, ended_at = incident.published_at, incident.ended_at
        impact = _STATUS_IMPACTS[incident.severity]
        if ended_at and ended_at <= published_at:
            return [self._update(incident, "AVAILABLE", published_at, ended_at)]
        updates = [self._update(incident, impact, published_at, published_at)]
        if ended_at:
            seconds = int((ended_at - published_at).total_seconds())
            between = published_at + timedelta(seconds=seconds // 2)
            if published_at < between:
                updates.insert(0, self._update(incident, impact, between, between))
            updates.insert(0, self._update(incident, "AVAILABLE", ended_at, ended_at))
        return updates

    def _update(
        self, incident: VendorIncident, status: str, at: datetime, shown_at: datetime
    ) -> Record:
        is_over = status == "AVAILABLE"
        text = "The issue is resolved" if is_over else "Some requests fail; engineers are at work"
        return {
            "created": _text(at),
            "modified": _text(at),
            "when": _text(shown_at),
            "text": f"{text}: {incident.product}.",
            "status": status,
            "affected_locations": self._locations(incident),
        }

    def _locations(self, incident: VendorIncident) -> list[Record]:
        count = self.draws.integer(1, 3, "google-locations", incident.vendor_incident_id)
        chosen = self.draws.sample(
            _LOCATIONS, count, "google-locations", incident.vendor_incident_id
        )
        return [{"title": title, "id": its_id} for title, its_id in chosen]

    def _id(self, incident: VendorIncident) -> str:
        return self.draws.identifier(_LETTERS, 20, "google-incident", incident.vendor_incident_id)

    def _product_id(self, product: str) -> str:
        return self.draws.identifier(_LETTERS, 20, "google-product", product)


def _text(moment: datetime) -> str:
    return f"{moment.isoformat()}+00:00"
