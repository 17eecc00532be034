"""What the vendors call the company's services, as its catalogues state it."""

from nines.simulation.draws import CAPITALS, Draws
from nines.simulation.truth import Service

ORGANISATION = "acme"


def repository(service_id: str) -> str:
    """Return a service's repository on GitHub, with its owner."""
    return f"{ORGANISATION}/{service_id}"


def configuration_item(service: Service) -> str:
    """Return what ServiceNow calls a service."""
    return f"{service.title} Service"


def pagerduty_service(draws: Draws, service_id: str) -> str:
    """Return the id of a service in PagerDuty."""
    return "P" + draws.identifier(CAPITALS, 6, "pagerduty-service", service_id)
