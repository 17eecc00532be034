"""Reads what a company edits: the KPIs with their targets, and the severity and tier policies."""

import csv
from dataclasses import dataclass
from pathlib import Path

SEEDS = Path(__file__).parents[3] / "seeds"


@dataclass(frozen=True)
class KpiRules:
    """One row of the seed `kpis`: what the KPI is held against, and what it is about."""

    kpi_id: str
    statistic: str
    unit: str
    target_direction: str
    target_kind: str | None
    target_value: float | None
    service_scope: str
    fed_by: str
    minimum_sample_count: int | None
    is_built: bool


def kpi_rules() -> list[KpiRules]:
    """Return every KPI of the seed, in its order."""
    return [
        KpiRules(
            kpi_id=row["kpi_id"],
            statistic=row["statistic"],
            unit=row["unit"],
            target_direction=row["target_direction"],
            target_kind=row["target_kind"] or None,
            target_value=float(row["target_value"]) if row["target_value"] else None,
            service_scope=row["service_scope"],
            fed_by=row["fed_by"],
            minimum_sample_count=int(row["minimum_sample_count"] or 0) or None,
            is_built=row["is_built"] == "true",
        )
        for row in _seed("kpis")
    ]


def severities_customers_feel() -> set[int]:
    """Return the severities whose policy says that customers are hit."""
    rows = _seed("severity_policies")
    return {int(row["severity"]) for row in rows if row["is_customer_impacting"] == "true"}


def critical_tiers() -> set[int]:
    """Return the tiers whose policy says critical."""
    return {int(row["tier"]) for row in _seed("tier_policies") if row["is_critical"] == "true"}


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
