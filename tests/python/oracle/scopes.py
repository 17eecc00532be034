"""The scopes of each KPI: the company, and each tier, team, product, service and region."""

from dataclasses import dataclass

from oracle.records import KnownDeployment, KnownIncident, KnownService, Records


@dataclass(frozen=True)
class Scope:
    """The services of one tier, team, product, service or region, or all.

    What it holds is found once, in the order of the records, because every period asks again.
    """

    scope_type: str
    scope_id: str
    services: tuple[KnownService, ...]
    incidents: tuple[KnownIncident, ...]
    deployments: tuple[KnownDeployment, ...]


def scope_of(
    records: Records, scope_type: str, scope_id: str, services: list[KnownService]
) -> Scope:
    """Return the scope of these services: an incident of several is in it with any of them."""
    named = {service.service_id for service in services}
    return Scope(
        scope_type,
        scope_id,
        tuple(services),
        tuple(
            incident
            for incident in records.incidents
            if any(service_id in named for service_id in incident.service_ids)
        ),
        tuple(deployment for deployment in records.deployments if deployment.service_id in named),
    )


def scopes_of(records: Records) -> list[Scope]:
    """Return every scope; a service that lacks a tier, team, product or region is in none."""
    members: dict[tuple[str, str], list[KnownService]] = {}
    for service in records.services.values():
        places = [("all", "all"), ("service", service.service_id)]
        if service.tier is not None:
            places.append(("tier", str(service.tier)))
        if service.team_id is not None:
            places.append(("team", service.team_id))
        if service.product is not None:
            places.append(("product", service.product))
        places += [("region", region) for region in service.regions]
        for place in places:
            members.setdefault(place, []).append(service)
    return [
        scope_of(records, scope_type, scope_id, services)
        for (scope_type, scope_id), services in members.items()
    ]


def services_in(scope: Scope, service_scope: str) -> list[KnownService]:
    """Return the scope's services that pass the filter a KPI always keeps."""
    if service_scope == "critical":
        return [service for service in scope.services if service.is_critical]
    if service_scope == "customer_facing":
        return [service for service in scope.services if service.is_customer_facing]
    return list(scope.services)
