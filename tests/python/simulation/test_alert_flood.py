"""A larger scale fires the same rules more often, and PagerDuty tells of it in the same words."""

import json
from pathlib import Path

import duckdb
import pytest

from nines.landing import land
from nines.simulation import Simulation, simulate
from support import Company, environment

SCALE = 12


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """A hundred days of a small company, twelve times as loud."""
    return simulate(tmp_path_factory.mktemp("flood") / "out", services=3, days=100, scale=SCALE)


def records(simulation: Simulation, pattern: str) -> list[dict]:
    """Return the records of PagerDuty's files of a pattern."""
    return [
        json.loads(line)
        for file in sorted((simulation.exports / "pagerduty").glob(pattern))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def form(value: object) -> object:
    """Return the names of a record, all the way down; of a list, those of its first element."""
    if isinstance(value, dict):
        return {name: form(part) for name, part in value.items()}
    if isinstance(value, list):
        return [form(value[0])] if value else []
    return None


def test_alerts_grow_with_the_scale(flooded: Simulation) -> None:
    few = len(flooded.truth.alerts)
    many = len(records(flooded, "incidents_flood_*.jsonl"))
    assert (SCALE - 1) * few * 0.85 < many < (SCALE - 1) * few * 1.15


def test_the_truth_knows_every_alert_of_the_flood(flooded: Simulation) -> None:
    told = records(flooded, "incidents_flood_*.jsonl")
    truth = duckdb.read_parquet(str(flooded.truth_folder / "alerts_at_scale.parquet"))
    rows = truth.order("triggered_at, alert_id").fetchall()
    seconds = [f"{row[4]:%Y-%m-%dT%H:%M:%SZ}" for row in rows]
    assert [record["created_at"] for record in told] == seconds
    assert [record["urgency"] for record in told] == [row[3] for row in rows]
    assert all((row[6] is None) == (row[3] == "low") for row in rows)
    assert all(row[4] < row[5] < flooded.truth.scenario.end_at for row in rows)


def test_records_of_the_flood_have_the_form_of_every_other(flooded: Simulation) -> None:
    ordinary = {
        json.dumps(form({**record, "log_entries": []}), sort_keys=True)
        for record in records(flooded, "incidents_2*.jsonl")
        if "priority" not in record and record["status"] == "resolved"
    }
    told = records(flooded, "incidents_flood_*.jsonl")
    found = {json.dumps(form({**record, "log_entries": []}), sort_keys=True) for record in told}
    assert found <= ordinary
    text = json.dumps(told)
    assert not [mark for mark in ("1801-", "XCASE", "XENTRY", "XNUMBER", "XF") if mark in text]
    ids = [entry["id"] for record in told for entry in record["log_entries"]]
    assert len(set(ids)) == len(ids)
    assert len({record["id"] for record in told}) == len(told)


def test_the_flood_lands_whole(flooded: Simulation, tmp_path: Path) -> None:
    company = Company(tmp_path)
    with environment(**company.variables):
        assert land(flooded.exports).exit_status == 0
    with duckdb.connect(str(company.warehouse), read_only=True) as connection:
        landed = connection.sql(
            "select count(distinct id) from raw.pagerduty_incidents "
            "where incident_number > 10000000"
        ).fetchall()
    assert landed == [(len(records(flooded, "incidents_flood_*.jsonl")),)]
