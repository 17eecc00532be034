"""Reads the truth of a simulated company: `truth/*.jsonl`, as plain dataclasses."""

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Service:
    service_id: str
    tier: int
    team_id: str
    product: str
    regions: tuple[str, ...]
    is_customer_facing: bool
    catalogued_in: str | None
    first_seen_date: date


@dataclass(frozen=True)
class Deployment:
    deployment_id: str
    service_id: str
    kind: str
    outcome: str
    reached_production: bool
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Incident:
    incident_id: str
    severity: int
    service_ids: tuple[str, ...]
    is_cancelled: bool
    stated_is_customer_impacting: bool | None
    opened_at: datetime
    stated_impact_started_at: datetime | None
    stated_mitigated_at: datetime | None
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    first_customer_update_at: datetime | None
    recorded_in: tuple[str, ...]


@dataclass(frozen=True)
class Alert:
    alert_id: str
    service_id: str
    triggered_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class Page:
    page_id: str
    incident_id: str | None
    service_id: str
    level: int
    sent_at: datetime


@dataclass(frozen=True)
class Dirt:
    kind: str
    system: str
    record_id: str
    incident_id: str | None
    deployment_id: str | None
    recorded_service: str | None
    detail: str | None


@dataclass
class Truth:
    end_at: datetime
    services: list[Service] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    dirt: list[Dirt] = field(default_factory=list)


def instant(text: str) -> datetime:
    """Read an ISO 8601 instant as UTC, without a zone: everything here is UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def read_truth(folder: Path) -> Truth:
    """Read the truth folder that `nines simulate` writes beside the exports."""
    scenario = json.loads((folder / "scenario.json").read_text(encoding="utf-8"))
    return Truth(
        end_at=instant(scenario["end_at"]),
        services=_rows(folder / "services.jsonl", Service),
        deployments=_rows(folder / "deployments.jsonl", Deployment),
        incidents=_rows(folder / "incidents.jsonl", Incident),
        alerts=_rows(folder / "alerts.jsonl", Alert),
        pages=_rows(folder / "pages.jsonl", Page),
        dirt=_rows(folder / "dirt.jsonl", Dirt),
    )


def _rows(path: Path, kind: Any) -> list[Any]:
    names = [entry.name for entry in dataclasses.fields(kind)]
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        rows.append(kind(**{name: _value(name, told[name]) for name in names}))
    return rows


def _value(name: str, value: Any) -> Any:
    if value is not None and name.endswith("_at"):
        return instant(value)
    if value is not None and name.endswith("_date"):
        return date.fromisoformat(value)
    if isinstance(value, list):
        return tuple(value)
    return value
