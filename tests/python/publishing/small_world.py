"""A small warehouse with the marts publishing meets, and dbt's account of having built them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nines.expectations import CheckResult
from nines.publishing import Publication, publish
from nines.warehouse import connect

GREEN = (CheckResult("landing", "1"), CheckResult("marts", "one"))

MARTS = {
    "core.dim_services": ("One row per service.", {"service_id": "The catalogue's name."}),
    "cost.fct_cost_days": ("One row per charge day and service.", {"service_id": "Whose."}),
    "scorecard.fct_kpi_values": ("One row per KPI value.", {"value": "It's null without data."}),
    "quality.fct_data_findings": ("One row per record and fault.", {}),
    "restricted.dim_people": ("One row per pseudonym.", {"person_id": "Pseudonym."}),
}

SCHEMA = """
create schema raw; create schema intermediate; create schema core; create schema cost;
create schema scorecard; create schema quality; create schema restricted; create schema staging;
create table raw._landings as
select
    1::bigint as _landing_id, timestamp '2026-07-02 08:00:00' as _landed_at,
    timestamp '2026-07-01 12:00:00' as newest_event_at, 'landed' as status;
create table raw._invocation as select 'one' as invocation_id;
create table staging.stg_secret as select 'staged' as kept_in;
create view intermediate.int_as_of as
select max(newest_event_at) as as_of from "{catalog}"."raw"."_landings";
create table core.dim_services as
select * from (values ('search', 1), ('checkout', 0)) as services (service_id, tier);
create table cost.fct_cost_days as
select
    date '2026-06-01' as charge_date, 'checkout' as service_id,
    cast(12.500000000001 as decimal(28, 12)) as effective_cost_usd;
create table scorecard.fct_kpi_values as
select * from (values
    ('sev1_incident_count', 'quarter', date '2026-04-01', date '2026-07-01', 'all', 'all',
     2e0, true),
    ('sev1_incident_count', 'quarter', date '2026-07-01', date '2026-10-01', 'all', 'all',
     0.0, false),
    ('unallocated_cost_ratio', 'quarter', date '2026-04-01', date '2026-07-01', 'all', 'all',
     0.25, true)
) as kpi_values (
    kpi_id, period_grain, period_start_date, period_end_date, scope_type, scope_id, value,
    is_complete
);
create table quality.fct_data_findings as select 'f1' as finding_id, 'late' as reason;
create table restricted.dim_people as select 'person-0a1b' as person_id;
"""


@dataclass
class World:
    """The paths of one test, and the handles to change what lies there."""

    warehouse: Path
    target: Path
    published: Path

    def sql(self, statements: str) -> None:
        with connect(self.warehouse) as connection:
            connection.execute(statements)

    def rewrite(self, file: str, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.target / file
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    def publish(self, day: int = 1, **given: object) -> Publication:
        settings = {
            "target": self.target,
            "checks": GREEN,
            "published_at": datetime(2026, 7, day, 9, tzinfo=UTC),
        }
        return publish(self.warehouse, self.published, **(settings | given))


def small_world(folder: Path) -> World:
    world = World(folder / "ware house.duckdb", folder / "target", folder / "it's published")
    world.sql(SCHEMA.format(catalog=world.warehouse.stem))
    world.target.mkdir()
    nodes = {}
    for mart, (description, columns) in MARTS.items():
        schema, name = mart.split(".")
        nodes[f"model.nines.{name}"] = {
            "unique_id": f"model.nines.{name}",
            "resource_type": "model",
            "schema": schema,
            "name": name,
            "original_file_path": f"models/marts/{schema}/{name}.sql",
            "config": {"enabled": True},
            "checksum": {"checksum": name},
            "description": description,
            "columns": {
                column: {"name": column, "description": text} for column, text in columns.items()
            },
        }
    nodes["test.nines.unique_dim_services"] = {
        "unique_id": "test.nines.unique_dim_services",
        "resource_type": "test",
        "config": {"enabled": True},
    }
    unit_tests = {"unit_test.nines.dim_services.a_rule": {"config": {"enabled": True}}}
    (world.target / "manifest.json").write_text(
        json.dumps(
            {
                "metadata": {"adapter_type": "duckdb"},
                "nodes": nodes,
                "unit_tests": unit_tests,
            }
        )
    )
    results = [
        {"unique_id": key, "status": "pass" if "test" in key else "success", "message": None}
        for key in [*nodes, *unit_tests]
    ]
    (world.target / "run_results.json").write_text(
        json.dumps(
            {
                "metadata": {
                    "dbt_version": "1.11.0",
                    "invocation_id": "one",
                    "generated_at": "2026-07-31T08:31:00Z",
                    "invocation_started_at": "2026-07-31T08:30:00Z",
                },
                "results": results,
                "args": {},
            }
        )
    )
    return world
