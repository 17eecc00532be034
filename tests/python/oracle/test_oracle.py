"""The oracle itself, held against the known vectors of the definitions, so that it cannot err."""

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from oracle.comparing import are_equal
from oracle.kpis import KPIS, Figure
from oracle.periods import period_before, period_of, periods_between, year_before
from oracle.policies import kpi_rules
from oracle.records import records_of
from oracle.scopes import scopes_of
from oracle.scorecard import KpiValue, scorecard, status_of
from oracle.statistics import median, total_seconds, union, whole_seconds
from oracle.truth import Alert, Deployment, Dirt, Incident, Service, Truth, read_truth

JULY = period_of("month", date(2025, 7, 10))
DAY = "2025-07-10T"


def at(time: str) -> datetime:
    return datetime.fromisoformat(time if "T" in time else DAY + time)


def service(service_id: str, **told) -> Service:
    return Service(**{
        "service_id": service_id, "tier": 1, "team_id": "payments", "product": "storefront",
        "regions": ("eu-west-1",), "is_customer_facing": True, "catalogued_in": "backstage",
        "first_seen_date": date(2025, 7, 1), **told,
    })  # fmt: skip


def incident(incident_id: str, opened: str, resolved: str | None, **told) -> Incident:
    return Incident(**{
        "incident_id": incident_id, "severity": 1, "service_ids": ("shop",), "is_cancelled": False,
        "stated_is_customer_impacting": None, "opened_at": at(opened),
        "stated_impact_started_at": None, "stated_mitigated_at": None,
        "resolved_at": at(resolved) if resolved else None, "acknowledged_at": None,
        "first_customer_update_at": None, "recorded_in": ("pagerduty",), **told,
    })  # fmt: skip


def deployment(deployment_id: str, finished: str | None, **told) -> Deployment:
    return Deployment(**{
        "deployment_id": deployment_id, "service_id": "shop", "kind": "release",
        "outcome": "succeeded", "reached_production": True, "started_at": at("08:00:00"),
        "finished_at": at(finished) if finished else None, **told,
    })  # fmt: skip


def dirt(kind: str, **told) -> Dirt:
    return Dirt(**{
        "kind": kind, "system": "pagerduty", "record_id": "PABC", "incident_id": None,
        "deployment_id": None, "recorded_service": None, "detail": None, **told,
    })  # fmt: skip


def company(*things, end: str = "2025-09-10T12:00:00") -> Truth:
    truth = Truth(at(end))
    for thing in things:
        kinds = {Service: truth.services, Deployment: truth.deployments, Incident: truth.incidents,
                 Alert: truth.alerts, Dirt: truth.dirt}  # fmt: skip
        kinds[type(thing)].append(thing)
    truth.services = truth.services or [service("shop")]
    return truth


def figure(truth: Truth, kpi_id: str, place: str = "all=all", period=JULY) -> Figure:
    records = records_of(truth)
    scopes = {f"{scope.scope_type}={scope.scope_id}": scope for scope in scopes_of(records)}
    return KPIS[kpi_id](records, period, scopes[place])


def values(truth: Truth) -> dict[tuple[str, str, date, str], KpiValue]:
    return {
        (value.kpi_id, value.period_grain, value.period_start_date, value.scope_id): value
        for value in scorecard(records_of(truth), kpi_rules())
    }


def test_every_built_kpi_has_its_oracle():
    assert {rule.kpi_id for rule in kpi_rules() if rule.is_built} <= set(KPIS)


# --- Known vectors ------------------------------------------------------------------------------


def test_the_median_of_two_lies_between_them_and_of_nothing_is_nothing():
    assert median([10, 20]) == 15
    assert median([3, 1, 2]) == 2
    assert median([]) is None


def test_a_second_has_passed_when_it_is_over():
    assert whole_seconds(at("09:59:59.900000"), at("10:00:00.100000")) == 0


def test_time_covered_twice_counts_once():
    overlapping = [(at("10:20:00"), at("11:00:00")), (at("10:00:00"), at("10:30:00"))]
    assert union(overlapping) == [(at("10:00:00"), at("11:00:00"))]
    assert total_seconds(union(overlapping)) == 3_600
    inside = [(at("10:00:00"), at("11:00:00")), (at("10:10:00"), at("10:20:00"))]
    assert total_seconds(union([*inside, (at("10:30:00"), at("11:10:00"))])) == 4_200
    touching = [(at("10:00:00"), at("10:01:00")), (at("10:01:00"), at("10:03:00"))]
    assert union(touching) == [(at("10:00:00"), at("10:03:00"))]
    apart = [(at("10:00:00"), at("10:01:00")), (at("10:02:00"), at("10:03:00"))]
    assert union(apart) == apart
    assert total_seconds(apart) == 120


def test_an_incident_of_three_services_is_one_and_one_for_each():
    names = ("shop", "cart", "search")
    truth = company(
        *[service(name) for name in names], incident("i", "10:00:00", "11:00:00", service_ids=names)
    )
    for place in ["all=all", *(f"service={name}" for name in names), "team=payments"]:
        assert figure(truth, "sev1_incident_count", place) == Figure(1, 1, 1, 1)


# --- Incidents ----------------------------------------------------------------------------------


def test_an_incident_is_in_the_period_its_impact_began_in_and_cancelled_ones_in_none():
    before = at("2025-06-30T23:59:59")
    truth = company(
        incident("stated", "00:10:00", "01:00:00", stated_impact_started_at=before),
        incident("minor", "10:00:00", "11:00:00", severity=2),
        incident("worst", "10:00:00", "11:00:00", severity=0),
        incident("cancelled", "10:00:00", "11:00:00", is_cancelled=True),
        Alert("alert", "shop", at("10:00:00"), at("10:05:00"), None),
    )
    assert figure(truth, "sev1_incident_count").value == 1
    june = period_before(JULY)
    assert figure(truth, "sev1_incident_count", period=june).value == 1


def test_mitigation_counts_from_the_stated_start_and_open_ones_apart():
    truth = company(
        incident("stated", "10:00:00", "11:00:00", stated_impact_started_at=at("09:59:00"),
                 stated_mitigated_at=at("10:09:00")),
        incident("resolved", "10:00:00", "10:20:00"),
        incident("open", "10:00:00", None),
        incident("august", "10:00:00", "2025-08-01T00:00:00"),
        incident("minor", "10:00:00", "10:01:00", severity=2),
    )  # fmt: skip
    assert figure(truth, "sev1_time_to_mitigate") == Figure(None, None, 900, 2, 1)


def test_dirt_that_changes_a_record_changes_what_it_says():
    told = [
        incident("left open", "10:00:00", "10:20:00"),
        incident("reversed", "10:00:00", "10:20:00", severity=0),
        incident("nobody's", "10:00:00", "10:20:00"),
    ]
    pieces = [
        dirt("never_closed", incident_id="left open"),
        dirt("impossible_duration", incident_id="reversed"),
        dirt("unknown_service", incident_id="nobody's", recorded_service="Shop-OLD"),
        dirt("repeated_record", incident_id="left open"),
    ]
    clean, dirty = company(*told), company(*told, *pieces)
    assert figure(clean, "sev1_time_to_mitigate") == Figure(None, None, 1_200, 3, 0)
    assert figure(dirty, "sev1_time_to_mitigate") == Figure(None, None, 1_200, 1, 2)
    assert figure(dirty, "sev1_incident_count") == Figure(3, 1, 3, 3)
    assert figure(dirty, "sev1_incident_count", "service=shop").value == 2
    assert figure(dirty, "sev1_incident_count", "service=shop-old").value == 1
    assert figure(clean, "availability_impact_minutes") == Figure(20, 1, 20, 1, 0)
    august = period_of("month", date(2025, 8, 1))
    assert figure(dirty, "availability_impact_minutes") == Figure(
        (at("2025-08-01T00:00:00") - at("10:00:00")).total_seconds() / 60, 1,
        (at("2025-08-01T00:00:00") - at("10:00:00")).total_seconds() / 60, 1, 1,
    )  # fmt: skip
    assert figure(dirty, "availability_impact_minutes", period=august).value == 31 * 1_440


def test_two_services_down_for_an_hour_are_120_minutes_cut_to_the_period():
    names = ("shop", "cart", "ledger")
    truth = company(
        service("shop"), service("cart"), service("ledger", is_customer_facing=False),
        incident("i", "10:00:00", "11:00:00", service_ids=names),
        incident("across", "2025-07-31T23:30:00", "2025-08-01T00:10:00"),
        incident("not felt", "12:00:00", "13:00:00", stated_is_customer_impacting=False),
        incident("small but felt", "10:30:00", "11:30:00", severity=4,
                 service_ids=("ledger", "shop"), stated_is_customer_impacting=True),
        incident("small", "14:00:00", "15:00:00", severity=4),
    )  # fmt: skip
    assert figure(truth, "availability_impact_minutes") == Figure(180, 1, 180, 3)
    assert figure(truth, "availability_impact_minutes", "service=shop").value == 120
    assert figure(truth, "availability_impact_minutes", "service=ledger").value == 0
    august = period_of("month", date(2025, 8, 1))
    assert figure(truth, "availability_impact_minutes", period=august).value == 10


def test_the_severity_policy_speaks_only_where_a_service_faces_customers():
    inside = company(
        service("ledger", is_customer_facing=False), service("shop"),
        incident("i", "10:00:00", "11:00:00", service_ids=("ledger",)),
    )  # fmt: skip
    assert figure(inside, "availability_impact_minutes").value == 0


# --- Deployments --------------------------------------------------------------------------------


def test_deployments_that_reached_production_count_per_service_day_and_rollbacks_apart():
    truth = company(
        service("shop"), service("young", first_seen_date=date(2025, 7, 22)),
        service("minor", tier=2), service("stray", catalogued_in=None),
        deployment("a", "08:10:00"),
        deployment("b", "08:20:00", outcome="rolled_back"),
        deployment("c", "08:30:00", kind="rollback"),
        deployment("d", "08:40:00", kind="rollback", outcome="failed", reached_production=False),
        deployment("e", "08:50:00", outcome="failed", reached_production=False),
        deployment("f", "09:00:00", kind="hotfix", service_id="young"),
        deployment("g", "09:00:00", service_id="minor"),
        deployment("h", "09:00:00", service_id="stray"),
        deployment("i", None, outcome="in_progress", reached_production=False),
        deployment("j", "2025-08-01T00:00:00"),
    )  # fmt: skip
    assert figure(truth, "deployment_frequency") == Figure(3, 41, 3 / 41, 3, 1)
    assert figure(truth, "deployment_frequency", "service=young") == Figure(1, 10, 0.1, 1)
    assert figure(truth, "deployment_frequency", "service=minor").value is None


def test_a_day_counts_once_it_has_begun():
    midnight = company(deployment("a", "08:10:00"), end="2025-07-11T00:00:00")
    assert figure(midnight, "deployment_frequency").denominator == 10
    later = company(deployment("a", "08:10:00"), end="2025-07-11T00:00:01")
    assert figure(later, "deployment_frequency").denominator == 11


# --- Periods, scopes, targets -------------------------------------------------------------------


def test_periods_run_without_gaps_from_the_first_fact_to_as_of():
    weeks = periods_between("week", at("2025-07-01T00:00:00"), at("2025-07-14T00:00:00"))
    days = [date(2025, 6, 30), date(2025, 7, 7), date(2025, 7, 14)]
    assert [week.first_day for week in weeks] == days
    quarters = periods_between("quarter", at("2025-11-01T00:00:00"), at("2026-03-31T23:59:59"))
    assert [quarter.first_day for quarter in quarters] == [date(2025, 10, 1), date(2026, 1, 1)]
    assert quarters[-1].next_day == date(2026, 4, 1)


def test_a_year_ago_is_the_same_month_or_52_weeks_before():
    assert year_before(JULY).first_day == date(2024, 7, 1)
    week = period_of("week", date(2026, 7, 8))
    assert year_before(week).first_day == date(2025, 7, 7)
    assert period_before(period_of("quarter", date(2026, 1, 1))).first_day == date(2025, 10, 1)


def test_a_scope_holds_what_names_any_of_its_services():
    truth = company(
        service("shop", regions=("eu-west-1", "us-east-1")), service("ledger", tier=0, team_id="b"),
        service("stray", catalogued_in=None),
    )  # fmt: skip
    found = {
        (scope.scope_type, scope.scope_id): {each.service_id for each in scope.services}
        for scope in scopes_of(records_of(truth))
    }
    assert found == {
        ("all", "all"): {"shop", "ledger", "stray", "unattributed"},
        ("tier", "0"): {"ledger"}, ("tier", "1"): {"shop"},
        ("team", "b"): {"ledger"}, ("team", "payments"): {"shop"},
        ("product", "storefront"): {"shop", "ledger"},
        ("region", "eu-west-1"): {"shop", "ledger"}, ("region", "us-east-1"): {"shop"},
        ("service", "shop"): {"shop"}, ("service", "ledger"): {"ledger"},
        ("service", "stray"): {"stray"}, ("service", "unattributed"): {"unattributed"},
    }  # fmt: skip


def test_before_the_first_record_there_is_no_data_and_a_quiet_period_after_it_is_zero():
    truth = company(
        incident("i", "2025-08-10T10:00:00", "2025-08-10T11:00:00"),
        deployment("d", "2025-07-30T10:00:00"),
    )
    told = values(truth)
    months = [
        told["sev1_incident_count", "month", date(2025, month, 1), "all"] for month in (7, 8, 9)
    ]
    assert [month.value for month in months] == [None, 1, 0]
    assert [month.status for month in months] == ["no data", "no target", "met"]
    assert [month.numerator for month in months] == [None, 1, 0]
    assert [month.is_complete for month in months] == [True, True, False]
    assert [month.previous_value for month in months] == [None, None, 1]
    first_days = {day for _, grain, day, _ in told if grain == "week"}
    assert min(first_days) == date(2025, 7, 28)


def test_without_any_record_there_are_no_periods():
    assert values(company(service("shop"))) == {}


def test_where_there_is_only_nothing_to_divide_by_the_numerator_stays():
    truth = company(
        service("shop", first_seen_date=date(2025, 8, 1)), service("cart"),
        deployment("d", "10:00:00", service_id="cart"),
    )  # fmt: skip
    month = values(truth)["deployment_frequency", "month", date(2025, 7, 1), "shop"]
    assert (month.numerator, month.denominator, month.value) == (0, 0, None)
    assert month.status == "no data"


def test_a_silence_of_over_a_year_is_no_data():
    truth = company(
        incident("i", "2025-07-10T10:00:00", "2025-07-10T11:00:00"), end="2026-09-10T00:00:00"
    )
    months = [
        values(truth)["sev1_incident_count", "month", date(2026, month, 1), "all"].value
        for month in (6, 7, 8)
    ]
    assert months == [0, 0, None]


def test_too_few_answers_are_suppressed_with_what_they_came_to():
    rules = [
        replace(rule, minimum_sample_count=2)
        for rule in kpi_rules()
        if rule.kpi_id == "sev1_incident_count"
    ]
    truth = company(
        incident("one", "2025-07-10T10:00:00", "2025-07-10T11:00:00"),
        incident("two", "2025-08-10T10:00:00", "2025-08-10T11:00:00"),
        incident("three", "2025-08-11T10:00:00", "2025-08-11T11:00:00"),
    )
    months = {
        value.period_start_date: value
        for value in scorecard(records_of(truth), rules)
        if (value.period_grain, value.scope_id) == ("month", "all")
    }
    july, august = months[date(2025, 7, 1)], months[date(2025, 8, 1)]
    assert (july.status, july.value, july.numerator) == ("suppressed", None, None)
    assert (august.status, august.value, august.previous_value) == ("no target", 2, None)


def test_a_scope_without_a_service_the_kpi_is_about_has_no_data():
    truth = company(
        service("shop"), service("ledger", is_customer_facing=False, tier=3),
        incident("i", "10:00:00", "11:00:00", service_ids=("ledger",)), deployment("d", "10:00:00"),
    )  # fmt: skip
    told = values(truth)
    for kpi_id in ("availability_impact_minutes", "deployment_frequency"):
        assert told[kpi_id, "month", date(2025, 7, 1), "ledger"].status == "no data"
        assert told[kpi_id, "month", date(2025, 7, 1), "shop"].status == "no target"


def test_targets_are_met_within_a_billionth_and_look_a_year_back():
    assert status_of(0.3 + 1e-10, 0.3, "at_most") == "met"
    assert status_of(0.3 + 1e-8, 0.3, "at_most") == "missed"
    assert status_of(0.3 - 1e-10, 0.3, "at_least") == "met"
    assert status_of(0.3 - 1e-8, 0.3, "at_least") == "missed"
    assert status_of(0.3, None, "at_least") == "no target"
    truth = company(
        incident("then", "2025-07-10T10:00:00", "2025-07-10T10:10:00"),
        incident("now", "2026-07-09T10:00:00", "2026-07-09T10:08:00"),
        end="2026-08-10T00:00:00",
    )
    told = values(truth)
    month = told["sev1_time_to_mitigate", "month", date(2026, 7, 1), "all"]
    assert (month.value, month.year_ago_value, month.target_value) == (480, 600, 480)
    assert month.status == "met"
    week = told["sev1_time_to_mitigate", "week", date(2026, 7, 6), "all"]
    assert week.year_ago_value == 600
    assert told["sev1_time_to_mitigate", "month", date(2026, 6, 1), "all"].status == "no data"


# --- Reading and comparing ----------------------------------------------------------------------


def test_truth_is_read_as_it_is_written(tmp_path: Path):
    (tmp_path / "scenario.json").write_text(json.dumps({"end_at": "2026-10-04T00:00:00Z"}))
    row = {
        "incident_id": "i", "severity": 1, "service_ids": ["shop", "cart"], "is_cancelled": False,
        "stated_is_customer_impacting": None, "opened_at": "2025-07-10T10:00:00Z",
        "stated_impact_started_at": None, "stated_mitigated_at": None,
        "resolved_at": "2025-07-10T11:00:00Z", "acknowledged_at": None,
        "first_customer_update_at": None, "recorded_in": ["pagerduty"],
        "title": "not the oracle's business",
    }  # fmt: skip
    for name in ("services", "deployments", "alerts", "pages", "dirt"):
        (tmp_path / f"{name}.jsonl").write_text("")
    (tmp_path / "incidents.jsonl").write_text(json.dumps(row) + "\n")
    truth = read_truth(tmp_path)
    assert truth.end_at == at("2026-10-04T00:00:00")
    assert truth.incidents == [
        incident("i", "10:00:00", "11:00:00", service_ids=("shop", "cart")),
    ]


@pytest.mark.parametrize(
    ("ours", "oracles", "is_equal"),
    [
        (1.0, 1, True), (1, 2, False), (3.0000000001, 3.0, True), (0.1 + 0.2, 0.3, True),
        (0.3 + 1e-8, 0.3, False), (1e9 + 0.1, 1e9 + 0.2, True), (None, 0, False),
        (None, None, True), (0, None, False), (True, 1, False), ("met", "missed", False),
        (1_000_000_000_000, 1_000_000_000_001, False),
    ],
)  # fmt: skip
def test_values_are_equal_within_a_billionth_and_counts_exactly(ours, oracles, is_equal):
    assert are_equal(ours, oracles) is is_equal
