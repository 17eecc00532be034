"""The service catalogue as CSV, of the services that Backstage does not describe."""

from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting import naming
from nines.simulation.exporting.writing import write_csv
from nines.simulation.truth import Dirt, Service, Truth

COLUMNS = (
    "service_id",
    "service_name",
    "tier",
    "team",
    "product",
    "regions",
    "lifecycle",
    "customer_facing",
    "revenue_per_minute_usd",
    "pagerduty_service_id",
    "github_project",
    "gitops_application",
    "servicenow_ci",
    "statuspage_component",
)

# Dirt: an older issue of the list, a row that Backstage overrules, a row twice, and two rows that
# break their contract (a tier that is none, no id).
OLDER_ISSUES = 1
OVERRULED_ROWS = 1
REPEATED_RECORDS = 1
REJECTED_ROWS = 2


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the newest list, and the older one when there is dirt; without services, nothing."""
    rows = [
        _row(truth, draws, service)
        for service in truth.services
        if service.catalogued_in == "catalogue"
    ]
    if not rows:
        return []
    newest = f"services_{truth.scenario.end_at.date()}.csv"
    dirt = _soil(truth, draws, folder, rows, newest) if truth.scenario.is_dirty else []
    write_csv(folder / newest, COLUMNS, rows)
    return dirt


def _row(truth: Truth, draws: Draws, service: Service) -> dict[str, object]:
    is_gitops = truth.team(service.team_id).deploys_by == "gitops"
    return {
        "service_id": service.service_id,
        "service_name": service.title,
        "tier": service.tier,
        "team": service.team_id,
        "product": service.product,
        "regions": ",".join(service.regions),
        "lifecycle": service.lifecycle,
        "customer_facing": "true" if service.is_customer_facing else "false",
        "revenue_per_minute_usd": service.revenue_per_minute_usd,
        "pagerduty_service_id": naming.pagerduty_service(draws, service.service_id),
        "github_project": naming.repository(service.service_id),
        "gitops_application": service.service_id if is_gitops else None,
        "servicenow_ci": naming.configuration_item(service),
        "statuspage_component": service.title if service.is_customer_facing else None,
    }


def _soil(
    truth: Truth, draws: Draws, folder: Path, rows: list[dict[str, object]], newest: str
) -> list[Dirt]:
    older = f"services_{truth.scenario.start_at.date()}.csv"
    retired = {"service_id": "retired-importer", "service_name": "Retired importer", "tier": 1}
    write_csv(folder / older, COLUMNS, [*({**row, "tier": 3} for row in rows), retired])
    dirt = [Dirt("older_issue", "catalogue", older)]
    described = [service for service in truth.services if service.catalogued_in == "backstage"]
    repeated = draws.choice(rows, "catalogue", "repeated")
    rejected = [
        {**draws.choice(rows, "catalogue", "tier of no kind"), "tier": 9},
        {**draws.choice(rows, "catalogue", "without id"), "service_id": None},
    ]
    if described:
        service = draws.choice(described, "catalogue", "overruled")
        rows.append(
            {
                "service_id": service.service_id,
                "service_name": f"{service.title} (old list)",
                "tier": 3 - service.tier,
            }
        )
        dirt.append(Dirt("overruled_row", "catalogue", service.service_id, detail=newest))
    rows += [repeated, *rejected]
    dirt.append(Dirt("repeated_record", "catalogue", str(repeated["service_id"]), detail=newest))
    dirt += [
        Dirt("rejected_row", "catalogue", str(row["service_name"]), detail=newest)
        for row in rejected
    ]
    return dirt
