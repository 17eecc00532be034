"""Staging shows the current state by each contract's delivery rule, whatever the order of files."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nines.landing import land
from nines.warehouse import connect
from support import Company, environment

TEAMS = "team_id,name,time_zone,holiday_calendar,rotation_size\n"
PAYMENTS = "payments,Payments,Europe/London,GB,3\n"
DATA = "data,Data,Asia/Kolkata,IN,2\n"


class Scenario:
    """A warehouse that lands what a test writes, and is read through the real staging queries."""

    def __init__(self, folder: Path, staging: dict[str, str]) -> None:
        self.company = Company(folder)
        self.exports = folder / "exports"
        self.staging = staging

    def write(self, name: str, content: str | bytes) -> None:
        path = self.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def land(self, name: str, content: str | bytes) -> None:
        self.write(name, content)
        with environment(**self.company.variables):
            land(self.exports)

    def read(self, model: str, columns: str) -> Sequence[tuple[Any, ...]]:
        # Every scenario's file is called nines.duckdb, so dbt's compiled names hold here too.
        question = f"select {columns} from ({self.staging[model]}) order by all"
        with connect(self.company.warehouse, read_only=True) as warehouse:
            return warehouse.sql(question).fetchall()


@pytest.fixture(scope="module")
def staging(sample_company: Company) -> dict[str, str]:
    compiled = sample_company.folder / "target" / "compiled" / "nines" / "models" / "staging"
    return {path.stem: path.read_text() for path in compiled.rglob("stg_*.sql")}


@pytest.fixture
def scenario(tmp_path: Path, staging: dict[str, str]) -> Scenario:
    return Scenario(tmp_path, staging)


def incident(status: str, updated_at: str, name: str = "P1") -> str:
    record = {
        "id": name,
        "status": status,
        "urgency": "high",
        "created_at": "2026-07-01T10:00:00Z",
        "updated_at": updated_at,
    }
    return json.dumps(record) + "\n"


def test_changes_go_by_version_and_not_by_the_order_of_landing(scenario: Scenario) -> None:
    scenario.land("pagerduty/incidents_b.jsonl", incident("resolved", "2026-07-02T00:00:00Z"))
    scenario.land("pagerduty/incidents_a.jsonl", incident("triggered", "2026-07-01T00:00:00Z"))
    assert scenario.read("stg_pagerduty__incidents", "status") == [("resolved",)]


def test_a_grown_export_shows_the_latest_state_of_each_record_once(scenario: Scenario) -> None:
    first = incident("triggered", "2026-07-01T00:00:00Z")
    more = incident("resolved", "2026-07-02T00:00:00Z") + incident(
        "triggered", "2026-07-02T00:00:00Z", "P2"
    )
    scenario.land("pagerduty/incidents.jsonl", first)
    scenario.land("pagerduty/incidents.jsonl", first + more)
    states = scenario.read("stg_pagerduty__incidents", "status")
    assert states == [("resolved",), ("triggered",)]
    with connect(scenario.company.warehouse, read_only=True) as warehouse:
        landed = warehouse.sql("select _source_row from raw.pagerduty_incidents order by all")
        assert landed.fetchall() == [(1,), (2,), (3,)]


def test_what_a_whole_export_leaves_out_is_gone(scenario: Scenario) -> None:
    scenario.land("people/teams.csv", TEAMS + PAYMENTS + DATA)
    scenario.land("people/teams.csv", TEAMS + DATA)
    assert scenario.read("stg_people__teams", "team_id") == [("data",)]


def test_going_back_to_an_earlier_content_is_a_new_state(scenario: Scenario) -> None:
    scenario.land("people/teams.csv", TEAMS + PAYMENTS)
    scenario.land("people/teams.csv", TEAMS + DATA)
    scenario.land("people/teams.csv", TEAMS + PAYMENTS)
    assert scenario.read("stg_people__teams", "team_id") == [("payments",)]


def test_going_back_under_another_name_is_a_new_state_too(scenario: Scenario) -> None:
    scenario.land("people/teams-1.csv", TEAMS + PAYMENTS)
    scenario.land("people/teams-2.csv", TEAMS + DATA)
    scenario.land("people/teams-3.csv", TEAMS + PAYMENTS)
    assert scenario.read("stg_people__teams", "team_id") == [("payments",)]


def test_a_whole_export_of_nothing_leaves_nothing(scenario: Scenario) -> None:
    scenario.land("people/teams.csv", TEAMS + PAYMENTS)
    scenario.land("people/teams.csv", TEAMS)
    assert scenario.read("stg_people__teams", "team_id") == []


def component(number: int) -> str:
    return (
        "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
        f"metadata: {{name: service-{number:02}}}\n"
        "spec: {type: service, lifecycle: production, owner: payments}\n"
    )


def test_forty_catalogue_files_are_one_issue_and_the_next_issue_replaces_it(
    scenario: Scenario,
) -> None:
    for number in range(39):
        scenario.write(f"backstage/2026-07-01/{number}.yaml", component(number))
    scenario.land("backstage/2026-07-01/39.yaml", component(39))
    assert len(scenario.read("stg_backstage__components", "component_name")) == 40
    scenario.land("backstage/2026-08-01/all.yaml", component(1) + "---\n" + component(2))
    services = scenario.read("stg_backstage__components", "component_name")
    assert services == [("service-01",), ("service-02",)]


BILL = (
    "BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,"
    "ChargePeriodStart,ChargePeriodEnd,ChargeCategory,ChargeClass,ChargeDescription,"
    "ChargeFrequency,BilledCost,EffectiveCost,ListCost,ContractedCost,ProviderName,PublisherName,"
    "InvoiceIssuerName,ServiceCategory,ServiceName,PricingQuantity,PricingUnit,Tags\n"
)


def charge(cost: str, month: str = "07") -> str:
    following = f"{int(month) + 1:02}"
    return (
        f"acct,Acme,USD,2026-{month}-01T00:00:00Z,2026-{following}-01T00:00:00Z,"
        f"2026-{month}-02T00:00:00Z,2026-{month}-03T00:00:00Z,Usage,,Compute,Usage-Based,"
        f"{cost},{cost},{cost},{cost},AWS,AWS,AWS,Compute,EC2,1,Hours,\n"
    )


def billed(scenario: Scenario) -> list[str]:
    rows = scenario.read("stg_focus__cost_lines", "cast(billed_cost as double)")
    return [f"{cost:g}" for (cost,) in rows]


def test_a_bill_in_three_chunks_is_one_issue(scenario: Scenario) -> None:
    for part, cost in enumerate(("1", "2")):
        scenario.write(f"focus/2026-07/part-{part}.csv", BILL + charge(cost))
    scenario.land("focus/2026-07/part-2.csv", BILL + charge("3"))
    assert billed(scenario) == ["1", "2", "3"]


def test_a_bill_issued_again_replaces_the_earlier_one(scenario: Scenario) -> None:
    scenario.land("focus/2026-07-first/bill.csv", BILL + charge("1") + charge("1"))
    scenario.land("focus/2026-07-second/bill.csv", BILL + charge("5"))
    scenario.land("focus/2026-08/bill.csv", BILL + charge("8", "08"))
    assert billed(scenario) == ["5", "8"]


def test_a_bill_whose_chunk_was_refused_replaces_nothing_yet(scenario: Scenario) -> None:
    scenario.land("focus/2026-07-first/bill.csv", BILL + charge("1"))
    scenario.write("focus/2026-07-second/part-0.csv", BILL + charge("5"))
    scenario.land("focus/2026-07-second/part-1.csv", BILL + charge("six"))
    assert billed(scenario) == ["1"]
    scenario.land("focus/2026-07-second/part-1.csv", BILL + charge("6"))
    assert billed(scenario) == ["5", "6"]


def test_a_bill_packed_after_it_landed_is_not_doubled(scenario: Scenario) -> None:
    scenario.land("focus/2026-07.csv", BILL + charge("2") + charge("2"))
    (scenario.exports / "focus/2026-07.csv").unlink()
    scenario.land("focus/2026-07.csv.gz", gzip.compress((BILL + charge("2") * 2).encode()))
    assert billed(scenario) == ["2", "2"]


def test_equal_lines_of_a_bill_are_real_charges(scenario: Scenario) -> None:
    scenario.land("focus/2026-07/bill.csv", BILL + charge("2") + charge("2"))
    scenario.land("focus/2026-07/bill.csv", BILL + charge("2") + charge("2"))
    assert billed(scenario) == ["2", "2"]


def test_a_bill_issued_again_in_fewer_chunks_keeps_none_of_the_old_ones(
    scenario: Scenario,
) -> None:
    for part, cost in enumerate(("1", "2")):
        scenario.write(f"focus/2026-07/part-{part}.csv", BILL + charge(cost))
    scenario.land("focus/2026-07/part-2.csv", BILL + charge("3"))
    (scenario.exports / "focus/2026-07/part-2.csv").unlink()
    scenario.write("focus/2026-07/part-0.csv", BILL + charge("4"))
    scenario.land("focus/2026-07/part-1.csv", BILL + charge("5"))
    assert billed(scenario) == ["4", "5"]
    # It comes back: the issue was issued once more.
    scenario.land("focus/2026-07/part-2.csv", BILL + charge("3"))
    assert billed(scenario) == ["3", "4", "5"]


def test_a_chunk_that_comes_later_joins_those_that_have_landed_and_were_cleared_away(
    scenario: Scenario,
) -> None:
    scenario.land("focus/2026-07/part-0.csv", BILL + charge("1"))
    (scenario.exports / "focus/2026-07/part-0.csv").unlink()
    scenario.write("focus/2026-07/part-1.csv", BILL + charge("2"))
    with environment(**scenario.company.variables):
        landing = land(scenario.exports)
    assert billed(scenario) == ["1", "2"]
    # The other reading, a bill issued again, would count twice: the landing says which it took.
    assert any("part-1.csv joins issue '2026-07'" in notice for notice in landing.notices)
