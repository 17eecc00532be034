"""Deployments recorded under a name no catalogue knows: dirt that changes what a record means."""

from collections.abc import Callable, Sequence

from nines.simulation.draws import Draws
from nines.simulation.truth import Deployment, Dirt, Truth


def misplace(
    truth: Truth,
    draws: Draws,
    *,
    system: str,
    deploys_by: Sequence[str],
    count: int,
    name: Callable[[str], str],
) -> tuple[dict[str, str], list[Dirt]]:
    """Choose so many deployments; return the name each is recorded under, and the dirt."""
    teams = {team.team_id for team in truth.teams if team.deploys_by in deploys_by}
    services = {service.service_id for service in truth.services if service.team_id in teams}
    candidates = [
        deployment for deployment in _last_of_their_line(truth) if deployment.service_id in services
    ]
    chosen = draws.sample(candidates, count, system, "unknown service")
    recorded_as = {deployment.deployment_id: name(deployment.service_id) for deployment in chosen}
    dirt = [
        Dirt("unknown_service", system, recorded, None, deployment_id, recorded)
        for deployment_id, recorded in recorded_as.items()
    ]
    return recorded_as, dirt


def _last_of_their_line(truth: Truth) -> list[Deployment]:
    """Return each service's last deployment where it is a release that broke nothing.

    Without it, every other deployment of its service means what it meant.
    """
    latest = {deployment.service_id: deployment for deployment in truth.deployments}
    return [
        deployment
        for deployment in latest.values()
        if deployment.kind == "release"
        and deployment.outcome == "succeeded"
        and deployment.caused_incident_id is None
        and deployment.previous_version is not None
    ]
