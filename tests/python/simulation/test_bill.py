"""The bills: exact money, commitments that add up, and what lands is what was last issued."""

import csv
import hashlib
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from small_company import calm, lived

from nines.landing import land
from nines.simulation import bill, traffic
from nines.simulation.exporting import focus
from nines.warehouse import connect
from support import environment

COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")


def told(truth, draws, folder: Path) -> list[dict]:
    bill.write_truth_tables(truth, draws, folder)
    return pq.read_table(folder / "cost_lines.parquet").to_pylist()


@pytest.fixture(scope="module")
def company():
    return lived(services=12, days=140)


@pytest.fixture(scope="module")
def lines(company, tmp_path_factory) -> list[dict]:
    return told(*company, tmp_path_factory.mktemp("truth"))


def test_every_service_is_billed_from_its_first_day_on_and_named_no_earlier(company, lines) -> None:
    truth, _ = company
    start = truth.scenario.start_at.date()
    first_used: dict[str, date] = {}
    first_named: dict[str, date] = {}
    for line in lines:
        day = line["charge_period_start_at"].date()
        for firsts, service_id in (
            (first_used, line["service_id"]),
            (first_named, line["tagged_service_id"]),
        ):
            if service_id is not None:
                firsts[service_id] = min(day, firsts.get(service_id, day))
    expected = {
        service.service_id: max(service.first_seen_date, start) for service in truth.services
    }
    assert any(day > start for day in expected.values())
    assert first_used == expected
    assert first_named == expected


def test_nothing_is_charged_outside_the_history(company, lines) -> None:
    scenario = company[0].scenario
    for line in lines:
        assert scenario.start_at <= line["charge_period_start_at"] < scenario.end_at
        assert line["billing_period_start_at"] < scenario.end_at


def test_a_quantity_times_its_price_is_the_cost_to_the_last_digit(lines) -> None:
    priced = [line for line in lines if line["list_unit_price"] is not None]
    assert priced
    for line in priced:
        assert line["quantity"] * line["list_unit_price"] == line["list_cost"]
        assert line["quantity"] * line["contracted_unit_price"] == line["contracted_cost"]


def test_a_commitment_costs_its_use_what_it_was_paid_for_over_its_term(company, lines) -> None:
    truth, _ = company
    paid, used, terms = defaultdict(Decimal), defaultdict(Decimal), {}
    for line in lines:
        commitment = line["commitment_discount_id"]
        if commitment is None:
            continue
        paid[commitment] += line["billed_cost"]
        used[commitment] += line["effective_cost"]
        if line["charge_category"] == "Purchase":
            assert line["effective_cost"] == 0
            terms[commitment] = max(
                line["charge_period_end_at"], terms.get(commitment, datetime.min)
            )
        else:
            assert line["billed_cost"] == 0
            assert line["commitment_discount_status"] in ("Used", "Unused")
    whole = [name for name, end in terms.items() if end <= truth.scenario.end_at]
    assert len(whole) == 2
    assert {line["charge_frequency"] for line in lines if line["commitment_discount_id"]} == {
        "Usage-Based", "One-Time", "Recurring"
    }  # fmt: skip
    for name in whole:
        assert used[name] == paid[name] > 0


def test_no_more_hours_are_drawn_than_were_committed(company, lines) -> None:
    hours = defaultdict(Decimal)
    for line in lines:
        if line["commitment_discount_status"]:
            hours[line["commitment_discount_id"], line["charge_period_start_at"]] += line[
                "quantity"
            ]
    per_commitment = defaultdict(set)
    for (name, _), quantity in hours.items():
        per_commitment[name].add(quantity)
    assert per_commitment
    assert all(len(quantities) == 1 for quantities in per_commitment.values())


def test_the_tax_of_a_closed_bill_is_its_share_of_the_rest(company, lines) -> None:
    truth, _ = company
    permille = {provider.name: provider.tax_permille for provider in bill.PROVIDERS}
    taxes, others, ends = defaultdict(Decimal), defaultdict(Decimal), {}
    for line in lines:
        key = line["provider"], line["billing_period_start_at"]
        ends[key] = line["billing_period_end_at"]
        group = taxes if line["charge_category"] == "Tax" else others
        group[key] += line["billed_cost"]
    unit = Decimal(1).scaleb(-12)
    for key, amount in others.items():
        if ends[key] > truth.scenario.end_at:
            assert key not in taxes
        else:
            due = (amount * permille[key[0]] / 1000).quantize(unit, rounding="ROUND_FLOOR")
            assert taxes.get(key, 0) == due
    assert any(taxes.values())


def test_an_open_bill_has_no_invoice_yet(company, lines) -> None:
    end_at = company[0].scenario.end_at
    for line in lines:
        assert (line["invoice_id"] is None) == (line["billing_period_end_at"] > end_at)


def test_an_invoice_is_one_bill_of_one_account(lines) -> None:
    bills = defaultdict(set)
    for line in lines:
        if line["invoice_id"]:
            bills[line["invoice_id"]].add(
                (line["billing_account_id"], line["billing_period_start_at"])
            )
    assert len(bills) >= 3 * len(bill.PROVIDERS)
    assert all(len(periods) == 1 for periods in bills.values())


def test_life_is_in_the_bills(lines) -> None:
    """Shared costs, wrong and missing tags, corrections of closed months, credits and refunds."""
    categories = {line["charge_category"] for line in lines}
    assert categories == {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
    tagged = [line for line in lines if line["tags"]]
    assert {
        key
        for key in ("service", "app", "application", "Service")
        if any(f'"{key}": ' in line["tags"] for line in tagged)
    } >= {"service", "app"}
    used = [line for line in lines if line["service_id"]]
    assert any(line["tagged_service_id"] is None for line in used)
    assert any(line["tagged_service_id"] not in (None, line["service_id"]) for line in used)
    assert any(line["service_id"] is None and line["tags"] for line in lines)
    corrections = [line for line in lines if line["charge_class"] == "Correction"]
    assert corrections
    for line in corrections:
        assert line["charge_period_start_at"] < line["billing_period_start_at"]
        assert line["billed_cost"] < 0
    assert {line["billing_currency"] for line in lines} == {"USD", "EUR"}
    assert all(
        line["billed_cost"] < 0
        for line in lines
        if line["charge_category"] in ("Credit", "Adjustment")
    )


def test_right_sizing_lowers_the_unit_cost_below_its_baseline(company, lines) -> None:
    truth, draws = company
    bill.add_initiatives(truth, draws)
    initiatives = truth.practice["savings_initiatives"]
    assert initiatives
    scenario = truth.scenario
    with traffic.opened(truth, draws) as connection:
        sql = traffic.intervals(scenario, scenario.start_at, scenario.end_at, scale=1)
        requests = connection.execute(
            "select slo_id, cast(interval_started_at as date), sum(total_count) "
            f"from ({sql}) group by all"
        ).fetchall()
    for initiative in initiatives:
        slo = next(
            slo for slo in truth.slos if slo.service_id == initiative.service_id and slo.is_traffic
        )
        # A baseline is what was known then: no bill after it had corrected anything.
        start = initiative.effective_from
        volume, cost, known = defaultdict(Decimal), defaultdict(Decimal), defaultdict(Decimal)
        for slo_id, day, count in requests:
            if slo_id == slo.slo_id:
                volume[day] += Decimal(count) / 1000
        for line in lines:
            if line["tagged_service_id"] == initiative.service_id:
                day = line["charge_period_start_at"].date()
                cost[day] += line["effective_cost"]
                if line["billing_period_start_at"].date() < start:
                    known[day] += line["effective_cost"]

        def unit_cost(cost: dict, first: date, days: int, volume=volume) -> Decimal:
            span = [first + timedelta(days=number) for number in range(days)]
            return sum(cost[day] for day in span) / sum(volume[day] for day in span)

        before = unit_cost(known, start - timedelta(days=28), 28)
        baseline = Decimal(initiative.baseline_unit_cost_usd)
        assert abs(before - baseline) <= Decimal("0.000001")
        assert unit_cost(cost, start, 28) < baseline


def test_the_costs_are_those_of_any_other_machine_and_engine(company, tmp_path) -> None:
    """A digest known beforehand: another platform, Python or DuckDB that counts otherwise fails."""
    truth, draws = company
    start = datetime(2026, 1, 1)
    services = [
        replace(
            truth.services[0],
            service_id=service_id,
            team_id=team_id,
            tier=tier,
            regions=regions,
            first_seen_date=start.date() + timedelta(days=days),
            requests_per_hour=requests,
            growth_permille_per_year=300,
        )
        for service_id, team_id, tier, regions, days, requests in (
            ("a", "one", 0, ("eu-west-1", "us-east-1"), 0, 250_000),
            ("b", "two", 2, ("ap-south-1",), 0, 900),
            ("c", "two", 1, ("eu-west-1",), 3, 4_000),
            ("d", "one", 3, ("us-west-2",), 0, 70),
        )
    ]
    scenario = replace(truth.scenario, start_at=start, end_at=start + timedelta(days=45), scale=1)
    small = replace(calm(truth), scenario=scenario, services=services, slos=[], practice={})
    rows = sorted(
        tuple(str(value) for value in line.values()) for line in told(small, draws, tmp_path)
    )
    digest = hashlib.sha256("\n".join("|".join(row) for row in rows).encode()).hexdigest()
    assert (len(rows), digest) == (
        856,
        "adbab1a48c2cd65ab48af8d375d576fc309a6e0bb637ca70544d77134dccb5ed",
    )


# --- What lands ---------------------------------------------------------------------------------


def landed(folder: Path, truth, draws) -> tuple[list, list]:
    """Export and land the bills; return the dirt, and the lines of the newest issues."""
    dirt = focus.export(truth, draws, folder / "exports" / "focus")
    with environment(NINES_WAREHOUSE=str(folder / "nines.duckdb"), NINES_SALT="for tests"):
        result = land(folder / "exports")
    assert result.exit_status == 0, result
    with connect(folder / "nines.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from raw._rejected_rows").fetchall() == [(0,)]
        rows = connection.execute(
            f"""
            select
                billing_account_id, billing_period_start_at, charge_period_start_at,
                charge_category, commitment_discount_status, resource_id, tags, {", ".join(COSTS)}
            from raw.focus_cost_and_usage
            qualify dense_rank() over (
                partition by billing_account_id, billing_period_start_at
                order by issued_date desc nulls last, _landing_id desc
            ) = 1
            """
        ).fetchall()
    return dirt, rows


def as_landed(line: dict) -> tuple:
    names = (
        "billing_account_id", "billing_period_start_at", "charge_period_start_at",
        "charge_category", "commitment_discount_status", "resource_id", "tags", *COSTS,
    )  # fmt: skip
    return tuple(line[name] for name in names)


@pytest.fixture(scope="module")
def dirty(company, tmp_path_factory):
    truth, draws = company
    soiled = replace(truth, scenario=replace(truth.scenario, is_dirty=True))
    folder = tmp_path_factory.mktemp("dirty")
    return (*landed(folder, soiled, draws), folder / "exports" / "focus")


def test_the_newest_issues_are_the_truth(company, lines, tmp_path) -> None:
    dirt, rows = landed(tmp_path, *company)
    assert dirt == []
    assert Counter(rows) == Counter(as_landed(line) for line in lines)
    reissued = [path for path in (tmp_path / "exports" / "focus").glob("*_issued-*.csv")]
    assert len(reissued) == 1


def test_dirt_changes_no_cost(lines, dirty) -> None:
    _, rows, _ = dirty
    assert Counter(rows) == Counter(as_landed(line) for line in lines)


def test_dirt_comes_in_the_numbers_it_is_said_to(dirty) -> None:
    dirt, _, folder = dirty
    assert Counter(piece.kind for piece in dirt) == {
        "odd_casing": focus.ODD_CASINGS,
        "markup_title": focus.MARKUP_DESCRIPTIONS,
        "formula_title": focus.FORMULA_DESCRIPTIONS,
        "null_text": focus.NULL_TEXT_BILLS,
        "naive_time": focus.NAIVE_TIME_BILLS,
        "extra_column": focus.EXTRA_COLUMN_BILLS,
        "bill_issued_thrice": focus.BILLS_ISSUED_THRICE,
        "repeated_record": focus.REPEATED_BILLS,
    }
    thrice = next(piece.detail for piece in dirt if piece.kind == "bill_issued_thrice")
    issues = list(folder.glob(f"{thrice.removesuffix('.csv')}*.csv"))
    assert len(issues) == 3
    assert len({path.read_bytes() for path in issues}) == 3
    casings = {
        row["ChargeFrequency"]
        for path in folder.glob("*.csv")
        for row in csv.DictReader(path.open(encoding="utf-8"))
    }
    assert {"Usage-Based", "Usage-based", "One-Time", "Recurring"} <= casings


def test_each_version_has_its_columns() -> None:
    one, two, three = (set(focus.columns_of(version)) for version in ("1.0", "1.2", "1.3"))
    assert (len(one), len(two)) == (43, 57)
    assert one < two
    assert two - three == {"ProviderName", "PublisherName"}
    assert three - two == {"ServiceProviderName", "HostProviderName"}


def test_the_columns_are_the_specifications(real_exports) -> None:
    table = real_exports.parent / "focus_columns_1.0-1.2.tsv"
    if not table.exists():
        pytest.skip(f"no list of columns at {table}")
    with table.open(encoding="utf-8") as file:
        columns = list(csv.DictReader(file, delimiter="\t"))
    for version in ("1.0", "1.2"):
        expected = {row["column"] for row in columns if row[f"in_{version}"] == "y"}
        assert set(focus.columns_of(version)) == expected


def test_the_real_bill_has_the_columns_of_its_version(real_exports) -> None:
    path = real_exports / "focus" / "focus_1_0_sample.csv"
    with path.open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    assert set(header) - {"Id"} == set(focus.columns_of("1.0"))


def test_what_must_not_be_empty_is_not(dirty) -> None:
    _, _, folder = dirty
    filled = (
        "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd",
        "BillingPeriodStart", "ChargeCategory", "ChargePeriodEnd", "ChargePeriodStart",
        "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ServiceCategory",
        "ServiceName",
    )  # fmt: skip
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert all(row[name] not in ("", "NULL") for name in filled), (path, row)


def test_the_same_company_writes_the_same_bytes(tmp_path) -> None:
    for name in ("one", "other"):
        truth, draws = lived(services=4, days=40, is_dirty=True)
        focus.export(truth, draws, tmp_path / name)
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "other")
    )
    assert one
    assert one == other


def test_above_scale_1_machines_multiply_and_bills_are_parquet(tmp_path) -> None:
    truth, draws = lived(services=4, days=40)
    finer = replace(truth, scenario=replace(truth.scenario, scale=6))
    _, rows = landed(tmp_path, finer, draws)
    assert {path.suffix for path in (tmp_path / "exports" / "focus").iterdir()} == {".parquet"}
    plain = told(truth, draws, tmp_path / "truth")
    resources, fewer = (
        {(line[0], line[5]) for line in found if line[5]}
        for found in (rows, [as_landed(line) for line in plain])
    )
    machines = {
        line["resource_id"]
        for line in plain
        if line["service_id"] and line["product_name"] == "Virtual Machines"
    }
    assert machines
    assert len(resources) == len(fewer) + 5 * len(machines)
    # The machines' hours are shared out; only what does not divide is lost.
    used, before = (
        sum(Decimal(line[8]) for line in found if line[3] == "Usage")
        for found in (rows, [as_landed(line) for line in plain])
    )
    assert abs(used - before) < before / 1000
    bill.write_truth_tables(finer, draws, tmp_path / "none")
    assert not (tmp_path / "none").exists()
