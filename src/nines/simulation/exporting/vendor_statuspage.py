"""The status pages of the company's providers, one folder each."""

from datetime import timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.incident_names import SMALL, statuspage_post
from nines.simulation.exporting.redelivery import Table
from nines.simulation.exporting.states import shaped
from nines.simulation.exporting.statuspage_dirt import soil
from nines.simulation.exporting.statuspage_posts import Page, Post, Publisher, Update, by_quarter
from nines.simulation.truth import Dirt, Truth, Vendor, VendorIncident

SYSTEM = "vendor_statuspage"
ZONES = ("Etc/UTC", "Europe/Berlin", "America/New_York")
_IMPACTS = {"high": "critical", "medium": "major", "low": "minor"}


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the pages' exports; return their dirt."""
    dirt: list[Dirt] = []
    vendors = [vendor for vendor in truth.vendors if vendor.page == "statuspage"]
    for place, vendor in enumerate(vendors):
        publisher = Publisher(_page(vendor, ZONES[place % len(ZONES)], draws), draws)
        posts = [
            _post(incident, draws)
            for incident in truth.vendor_incidents
            if incident.vendor_id == vendor.vendor_id
        ]
        told = by_quarter(posts, truth.scenario.end_at, f"{vendor.vendor_id}/")
        if truth.scenario.is_dirty:
            table = Table(SYSTEM, vendor.vendor_id, lambda record: record["id"])
            deliveries, its_dirt = soil(told, table, publisher.incident, draws)
            dirt += its_dirt
        else:
            deliveries = shaped(told, publisher.incident)
        publisher.write(folder, deliveries)
    return dirt


def _page(vendor: Vendor, zone: str, draws: Draws) -> Page:
    page_id = draws.identifier(SMALL, 12, "statuspage-page", vendor.vendor_id)
    return Page(page_id, vendor.name, f"https://status.{vendor.vendor_id}.example.com", zone)


def _post(incident: VendorIncident, draws: Draws) -> Post:
    return Post(
        post_id=statuspage_post(draws, incident.vendor_incident_id),
        title=incident.title,
        impact=_IMPACTS[incident.severity],
        started_at=incident.began_at,
        components=(incident.product,),
        updates=tuple(_updates(incident)),
    )


def _updates(incident: VendorIncident) -> list[Update]:
    """Return what customers read; of what was written up later, only that it is over."""
    published_at, ended_at = incident.published_at, incident.ended_at
    over = f"{incident.product} is back to normal."
    if ended_at and ended_at <= published_at:
        return [Update("resolved", over, published_at, ended_at)]
    looking = f"Some requests to {incident.product} fail."
    updates = [Update("investigating", looking, published_at, published_at)]
    if ended_at:
        seconds = int((ended_at - published_at).total_seconds())
        watched_at = published_at + timedelta(seconds=seconds * 3 // 4)
        updates.append(Update("monitoring", "Errors fall.", watched_at, watched_at))
        updates.append(Update("resolved", over, ended_at, ended_at))
    return updates
