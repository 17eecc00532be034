"""The service catalogue as Backstage entities: one dated folder per issue of the whole."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.exporting import naming
from nines.simulation.exporting.alterations import HOSTILE_TITLES
from nines.simulation.exporting.writing import write_yaml
from nines.simulation.truth import Dirt, Person, Service, Team, Truth

Entity = dict[str, Any]
Files = dict[str, list[Entity]]

# Dirt: an older issue (with a component that is gone and tiers that have changed), an entity in
# two files, one without a name, hostile descriptions,
# and teams called by their names in other languages (the list of teams has the company's own).
OLDER_ISSUES = 1
REPEATED_RECORDS = 1
REJECTED_ROWS = 1
DESCRIPTIONS_OF_EACH_KIND = 1
LOCALISED_NAMES = 2
_LOCALISED = ("{}团队", "Équipe {}")


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the newest issue, and an older one when there is dirt."""
    newest = str(truth.scenario.end_at.date())
    files = _issue(truth, draws)
    dirt = _soil(truth, draws, files, newest) if truth.scenario.is_dirty else []
    _write(folder / newest, files)
    if truth.scenario.is_dirty:
        older = str(truth.scenario.start_at.date())
        _write(folder / older, _older(_issue(truth, draws)))
        dirt.append(Dirt("older_issue", "backstage", older))
    return dirt


def _write(folder: Path, files: Files) -> None:
    for name, entities in files.items():
        write_yaml(folder / name, entities)


def _issue(truth: Truth, draws: Draws) -> Files:
    """Return the entities by file: a team's together, those of tier 0 in files of their own."""
    files: Files = {"org.yaml": list(_organisation(truth))}
    for service in truth.services:
        if service.catalogued_in != "backstage":
            continue
        name = service.service_id if service.tier == 0 else f"team-{service.team_id}"
        files.setdefault(f"{name}.yaml", []).extend(_entities(truth, draws, service))
    return files


def _organisation(truth: Truth) -> Iterable[Entity]:
    for team in truth.teams:
        yield _group(team)
    for person in truth.people:
        yield _user(person)
    for product in sorted({service.product for service in truth.services}):
        team_id = next(entry.team_id for entry in truth.services if entry.product == product)
        yield _entity("System", {"name": product}, {"owner": f"group:default/{team_id}"})


def _entity(kind: str, metadata: Entity, spec: Entity) -> Entity:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
    }


def _group(team: Team) -> Entity:
    annotations = {
        "nines/time-zone": team.time_zone,
        "nines/holiday-calendar": team.holiday_calendar,
    }
    return _entity(
        "Group",
        {"name": team.team_id, "annotations": annotations},
        {"type": "team", "profile": {"displayName": team.name}, "children": []},
    )


def _user(person: Person) -> Entity:
    profile = {"displayName": person.name, "email": person.email}
    return _entity(
        "User", {"name": person.github_login}, {"profile": profile, "memberOf": [person.team_id]}
    )


def _entities(truth: Truth, draws: Draws, service: Service) -> Iterable[Entity]:
    """Yield a service's component, the interface of an important one, and some libraries."""
    component = _component(truth, draws, service)
    yield component
    shared = {key: component["spec"][key] for key in ("lifecycle", "owner")}
    if service.tier < 2:
        yield _entity(
            "API",
            {"name": f"{service.service_id}-api"},
            {"type": "openapi", **shared, "definition": "openapi: 3.1.0"},
        )
    if draws.happens(200, "backstage", "library", service.service_id):
        yield _entity(
            "Component", {"name": f"{service.service_id}-client"}, {"type": "library", **shared}
        )


def _component(truth: Truth, draws: Draws, service: Service) -> Entity:
    """Describe a service, as different hands write it: owners and tiers in several ways."""
    key = ("backstage", service.service_id)
    team_id = service.team_id
    owner = draws.choice((f"group:default/{team_id}", team_id, f"group:{team_id}"), *key, "owner")
    tier = draws.choice((str(service.tier), f"tier-{service.tier}", service.tier), *key, "tier")
    words = draws.choice((("false", "true"), ("no", "yes")), *key, "customer-facing")
    annotations: Entity = {
        "pagerduty.com/service-id": naming.pagerduty_service(draws, service.service_id),
        "github.com/project-slug": naming.repository(service.service_id),
        "nines/servicenow-ci": naming.configuration_item(service),
        "nines/tier": tier,
        "nines/regions": draws.choice((",", ", "), *key, "regions").join(service.regions),
        "nines/customer-facing": words[service.is_customer_facing],
    }
    if truth.team(team_id).deploys_by == "gitops":
        annotations["argocd/app-name"] = service.service_id
    if service.is_customer_facing:
        annotations["nines/statuspage-component"] = service.title
    if service.revenue_per_minute_usd is not None:
        revenue = service.revenue_per_minute_usd
        annotations["nines/revenue-per-minute-usd"] = draws.choice(
            (str(revenue), revenue), *key, "revenue"
        )
    system = draws.choice((service.product, f"system:default/{service.product}"), *key, "system")
    spec: Entity = {
        "type": draws.choice(("service", "service", "website"), *key, "type"),
        "lifecycle": service.lifecycle,
        "owner": owner,
        "system": system,
    }
    if service.depends_on:
        spec["dependsOn"] = [f"component:{name}" for name in service.depends_on]
    metadata = {
        "name": service.service_id,
        "title": service.title,
        "description": service.description,
        "annotations": annotations,
    }
    return _entity("Component", metadata, spec)


def _soil(truth: Truth, draws: Draws, files: Files, newest: str) -> list[Dirt]:
    services = [
        (name, entity)
        for name, entities in files.items()
        for entity in entities
        if entity["kind"] == "Component" and "title" in entity["metadata"]
    ]
    dirt = []
    kinds = list(HOSTILE_TITLES) * DESCRIPTIONS_OF_EACH_KIND
    marked = draws.sample(services, len(kinds), "backstage", "text")
    for (name, entity), kind in zip(marked, kinds, strict=False):
        metadata = entity["metadata"]
        metadata["description"] = HOSTILE_TITLES[kind](metadata["description"])
        dirt.append(Dirt(kind, "backstage", metadata["name"], detail=f"{newest}/{name}"))
    groups = [entity for entity in files["org.yaml"] if entity["kind"] == "Group"]
    for group, form in zip(
        draws.sample(groups, LOCALISED_NAMES, "backstage", "localised"), _LOCALISED, strict=False
    ):
        profile = group["spec"]["profile"]
        profile["displayName"] = form.format(profile["displayName"])
        name = group["metadata"]["name"]
        dirt.append(Dirt("localised_name", "backstage", name, detail=f"{newest}/org.yaml"))
    if services:
        name, entity = draws.choice(services, "backstage", "repeated")
        files["zz-copied.yaml"] = [entity]
        dirt.append(
            Dirt(
                "repeated_record",
                "backstage",
                entity["metadata"]["name"],
                detail=f"{newest}/zz-copied.yaml",
            )
        )
    nameless = _entity("Component", {"title": "To be named"}, {"type": "service"})
    files["org.yaml"].append(nameless)
    dirt.append(Dirt("rejected_row", "backstage", "To be named", detail=f"{newest}/org.yaml"))
    return dirt


def _older(files: Files) -> Files:
    """Return what the catalogue said before: other tiers, and a component that has gone since."""
    for entities in files.values():
        for entity in entities:
            annotations = entity["metadata"].get("annotations", {})
            if "nines/tier" in annotations:
                annotations["nines/tier"] = "3"
    retired = _entity(
        "Component",
        {"name": "retired-exporter", "annotations": {"nines/tier": "1"}},
        {"type": "service", "lifecycle": "production", "owner": "nobody"},
    )
    return {**files, "retired.yaml": [retired]}
