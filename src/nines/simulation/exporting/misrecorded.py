"""Which incidents a dirty company records wrongly or twice: chosen once, for all its systems.

An incident is chosen for one thing at most, and only where the definitions say what the wrong
record means: the other systems that tell of it would contradict nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from nines.simulation.draws import Draws
from nines.simulation.truth import Incident, Truth

# How many incidents of severity 0 and 1, and how many of the others.
NEVER_CLOSED = (1, 3)
IMPOSSIBLE_DURATION = (1, 2)
UNKNOWN_SERVICE = (1, 2)
MERGED = (1, 3)
IN_SERVICENOW_TOO = (1, 2)
IN_SERVICENOW_TABLES_TOO = (1, 2)

# A wrong end lies so long before the opening, on the same day.
IMPOSSIBLE_BY = timedelta(minutes=50)


@dataclass(frozen=True, slots=True)
class Misrecorded:
    """The chosen incidents, by what is wrong with their records."""

    never_closed: frozenset[str] = frozenset()
    impossible_duration: frozenset[str] = frozenset()
    unknown_service: frozenset[str] = frozenset()
    merged: frozenset[str] = frozenset()
    in_servicenow_too: frozenset[str] = frozenset()
    in_servicenow_tables_too: frozenset[str] = frozenset()


def misrecorded(truth: Truth, draws: Draws) -> Misrecorded:
    """Choose the incidents of a dirty company; none of a clean one."""
    if not truth.scenario.is_dirty:
        return Misrecorded()
    choice = _Choice(truth, draws)
    # First what fits the fewest.
    return Misrecorded(
        unknown_service=choice.take("unknown_service", UNKNOWN_SERVICE, _is_told_once),
        impossible_duration=choice.take(
            "impossible_duration", IMPOSSIBLE_DURATION, _can_end_too_soon
        ),
        never_closed=choice.take("never_closed", NEVER_CLOSED, _stays_open_when_never_closed),
        merged=choice.take("merged", MERGED, _is_told_by_a_monitor),
        in_servicenow_too=choice.take("servicenow", IN_SERVICENOW_TOO, _is_on_one_service),
        in_servicenow_tables_too=choice.take(
            "servicenow_tables", IN_SERVICENOW_TABLES_TOO, _is_on_one_service
        ),
    )


class _Choice:
    """Incidents PagerDuty leads and that are over, each handed out once."""

    def __init__(self, truth: Truth, draws: Draws) -> None:
        self.draws = draws
        catalogued = {service.service_id for service in truth.services if service.catalogued_in}
        self.left = [
            incident
            for incident in truth.incidents
            if incident.recorded_in[0] == "pagerduty"
            and incident.resolved_at
            and incident.service_ids[0] in catalogued
            and not incident.is_cancelled
            and not incident.is_security
        ]

    def take(
        self, kind: str, counts: tuple[int, int], fits: Callable[[Incident], bool]
    ) -> frozenset[str]:
        fitting = [incident for incident in self.left if fits(incident)]
        severe = [incident for incident in fitting if incident.severity <= 1]
        others = [incident for incident in fitting if incident.severity >= 2]
        taken = frozenset(
            incident.incident_id
            for count, known in zip(counts, (severe, others), strict=True)
            for incident in self.draws.sample(known, count, "misrecorded", kind, count)
        )
        self.left = [incident for incident in self.left if incident.incident_id not in taken]
        return taken


def _is_on_one_service(incident: Incident) -> bool:
    return len(incident.service_ids) == 1


def _is_told_once(incident: Incident) -> bool:
    return incident.recorded_in == ("pagerduty",) and _is_on_one_service(incident)


def _can_end_too_soon(incident: Incident) -> bool:
    """Return whether a wrong end contradicts nobody, and lies on the day of the opening."""
    return (
        incident.stated_impact_started_at is None
        and incident.stated_mitigated_at is None
        and (incident.opened_at - IMPOSSIBLE_BY).date() == incident.opened_at.date()
    )


def _stays_open_when_never_closed(incident: Incident) -> bool:
    """Return whether nobody else says that it was mitigated."""
    return incident.stated_mitigated_at is None


def _is_told_by_a_monitor(incident: Incident) -> bool:
    return incident.detection_source == "monitor"
