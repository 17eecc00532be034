"""What the vendors call the company's incidents and changes, alike in every system that tells."""

from nines.simulation.draws import CAPITALS, Draws
from nines.simulation.truth import Truth

SMALL = "abcdefghijklmnopqrstuvwxyz0123456789"
_FIRST_INCIDENT_NUMBER = 10_001
_FIRST_CHANGE_NUMBER = 30_001


def pagerduty_incident(draws: Draws, *key: str | int) -> str:
    """Return PagerDuty's id of an incident or alert, or of a further record of it."""
    return "Q" + draws.identifier(CAPITALS, 13, "pagerduty-incident", *key)


def statuspage_post(draws: Draws, *key: str) -> str:
    """Return a status page's id of an incident or maintenance."""
    return draws.identifier(SMALL, 12, "statuspage-post", *key)


def servicenow_key(draws: Draws, *key: str) -> str:
    """Return ServiceNow's own key of a record, the sys_id."""
    return draws.hexadecimal(32, "servicenow", *key)


def servicenow_incident_numbers(truth: Truth) -> dict[str, str]:
    """Return the number ServiceNow would give each incident, in the order they were opened."""
    ordered = sorted(truth.incidents, key=lambda known: (known.opened_at, known.incident_id))
    return {
        incident.incident_id: f"INC{number:07}"
        for number, incident in enumerate(ordered, _FIRST_INCIDENT_NUMBER)
    }


def servicenow_change_numbers(truth: Truth) -> dict[str, str]:
    """Return the number ServiceNow would give the change of each deployment."""
    ordered = sorted(truth.deployments, key=lambda known: (known.requested_at, known.deployment_id))
    return {
        deployment.deployment_id: f"CHG{number:07}"
        for number, deployment in enumerate(ordered, _FIRST_CHANGE_NUMBER)
    }
