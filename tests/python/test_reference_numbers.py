"""The marts give the known figures of the real exports, as bare readings of the files do."""

import csv
import gzip
import json
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from nines.warehouse import connect
from support import Company, environment

pytestmark = pytest.mark.real

# The systems whose figures are known; a warehouse of their own holds nothing else.
FILES = {
    "gitops": "image_changes.csv.gz",
    "servicenow": "incident_event_log.csv.gz",
    "servicenow_tables": "servicenow_fivetran_incident.csv",
    "google_cloud_status": "incidents.json",
    "focus": "focus_1_0_sample.csv",
}

# Year, or year and quarter: deployments, applications, deployments whose version number fell.
GITOPS_YEARS = {2022: (282, 41), 2023: (5_909, 57), 2024: (9_910, 58), 2025: (9_444, 54)}
GITOPS_YEARS_FALLEN = {2023: 20, 2024: 87, 2025: 102}
GITOPS_2025 = {1: (2_596, 51, 68), 2: (2_391, 47, 19), 3: (2_285, 51, 4), 4: (2_172, 48, 11)}
# Priority: incidents, those resolved, median minutes from opening to resolution.
SERVICENOW = {
    "1 - Critical": (178, 178, 5_392.5),
    "2 - High": (287, 287, 3_322.0),
    "3 - Moderate": (16_144, 14_971, 1_660.0),
    "4 - Low": (527, 470, 2_657.0),
}
# Severity: incidents, minutes from beginning to end, summed.
GOOGLE = {"high": (20, 7_239), "medium": (118, 265_613), "low": (19, 20_461)}
GOOGLE_WRITTEN_UP_AFTERWARDS = 22
GOOGLE_GREATEST_LAG_DAYS = 58.9
FOCUS_BILLED, FOCUS_EFFECTIVE = Decimal("20.52022672899"), Decimal("14.97651418586")


@pytest.fixture(scope="module")
def exports(real_exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the real exports of the systems whose figures are known, and no other."""
    lacking = [f"{system}/{name}" for system, name in FILES.items()
               if not (real_exports / system / name).is_file()]  # fmt: skip
    if lacking:
        pytest.skip(f"{real_exports} lacks {', '.join(lacking)}")
    folder = tmp_path_factory.mktemp("real exports")
    for system in FILES:
        shutil.copytree(real_exports / system, folder / system)
    return folder


@pytest.fixture(scope="module")
def built(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A warehouse of their own for them, landed and built, every data test passed."""
    from nines.building import build
    from nines.landing import land

    company = Company(tmp_path_factory.mktemp("real company"))
    with environment(**company.variables):
        landing = land(exports)
        assert landing.exit_status == 0, landing
        # Unit tests bring their own rows and would say nothing of these.
        told = [
            build(command="seed"),
            build(command="run"),
            build(command="test", select="test_type:data"),
        ]
    failures = [f"{node.unique_id}: {node.message}" for each in told for node in each.failures]
    assert not failures, "\n".join(failures)
    return company


def rows(company: Company, question: str) -> list[tuple[Any, ...]]:
    with connect(company.warehouse, read_only=True) as warehouse:
        return warehouse.sql(question).fetchall()


def records(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file as text, read without any of our own code."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        yield from csv.DictReader(file)


def test_no_row_of_the_real_exports_is_rejected(built: Company) -> None:
    """None of them is genuinely bad."""
    assert rows(built, "from raw._rejected_rows") == []
    assert rows(
        built, "select source_file, reason from raw._landings where status <> 'landed'"
    ) == []  # fmt: skip


def test_raw_keeps_every_row_of_the_real_exports(built: Company, exports: Path) -> None:
    landed = {
        "raw.gitops_image_changes": sum(1 for _ in records(exports / "gitops" / FILES["gitops"])),
        "raw.servicenow_incident_events": sum(
            1 for _ in records(exports / "servicenow" / FILES["servicenow"])
        ),
        "raw.google_cloud_status_incidents": 157,
        "raw.google_cloud_status_incident_updates": 770,
        "raw.focus_cost_and_usage": sum(1 for _ in records(exports / "focus" / FILES["focus"])),
        "raw.servicenow_tables_incidents": 1,
        "raw.servicenow_tables_change_requests": 1,
    }
    assert landed["raw.gitops_image_changes"] == 93_773
    assert landed["raw.servicenow_incident_events"] == 101_045
    assert landed["raw.focus_cost_and_usage"] == 1_000
    counted = {table: rows(built, f"select count(*) from {table}")[0][0] for table in landed}
    assert counted == landed


# GitOps ---------------------------------------------------------------------------------------


def gitops_from_the_file(path: Path) -> list[tuple[datetime, str, bool]]:
    """Production deployments as instant (UTC), application, and whether the version number fell."""
    number = re.compile(r"v(\d+)")
    found = []
    for row in records(path):
        old, new = row["old_image_tag"], row["new_image_tag"]
        if row["environment"] != "production" or not old or not new or old == new:
            continue
        numbers = number.fullmatch(old), number.fullmatch(new)
        fell = all(numbers) and int(numbers[1][1]) < int(numbers[0][1])
        at = datetime.fromisoformat(row["merged_at"]).astimezone(UTC)
        found.append((at, row["application"], bool(fell)))
    return found


DEPLOYMENTS = """
    select
        {period},
        count(*) filter (where reached_production),
        count(distinct service_id) filter (where reached_production),
        count(*) filter (where remediation_method = 'version number fell')
    from delivery.fct_deployments
    where source_system = 'gitops' and {condition}
    group by all
    order by all
"""


def test_gitops_deployments_applications_and_rollbacks_by_year(built: Company) -> None:
    question = DEPLOYMENTS.format(period="year(finished_at)", condition="true")
    told = rows(built, question)
    assert {year: (count, services) for year, count, services, _ in told} == GITOPS_YEARS
    fallen = {year: fell for year, _, _, fell in told}
    assert {year: fallen[year] for year in GITOPS_YEARS_FALLEN} == GITOPS_YEARS_FALLEN


def test_gitops_deployments_applications_and_rollbacks_by_quarter_of_2025(built: Company) -> None:
    question = DEPLOYMENTS.format(
        period="quarter(finished_at)", condition="year(finished_at) = 2025"
    )
    told = rows(built, question)
    assert {quarter: figures for quarter, *figures in told} == {
        quarter: list(figures) for quarter, figures in GITOPS_2025.items()
    }


def test_gitops_agrees_with_a_bare_reading_of_the_file(built: Company, exports: Path) -> None:
    bare = gitops_from_the_file(exports / "gitops" / FILES["gitops"])
    assert Counter(at.year for at, _, _ in bare) == {
        year: count for year, (count, _) in GITOPS_YEARS.items()
    }
    told = rows(
        built,
        """
        select finished_at, service_id, coalesce(remediation_method = 'version number fell', false)
        from delivery.fct_deployments
        where source_system = 'gitops' and reached_production
        """,
    )
    assert Counter(told) == Counter(
        (at.replace(tzinfo=None), application, fell) for at, application, fell in bare
    )


# ServiceNow -----------------------------------------------------------------------------------


def servicenow_from_the_file(path: Path) -> dict[str, tuple[int, int, float]]:
    """Incidents, those resolved and median minutes to resolve, by priority in the latest state."""
    latest: dict[str, dict[str, str]] = {}
    for row in records(path):
        known = latest.get(row["number"])
        if known is None or int(row["sys_mod_count"]) >= int(known["sys_mod_count"]):
            latest[row["number"]] = row
    counts: Counter[str] = Counter()
    minutes: dict[str, list[float]] = defaultdict(list)
    for row in latest.values():
        counts[row["priority"]] += 1
        if row["resolved_at"] != "?":
            opened, resolved = (
                datetime.strptime(row[name], "%d/%m/%Y %H:%M")
                for name in ("opened_at", "resolved_at")
            )
            minutes[row["priority"]].append((resolved - opened) / timedelta(minutes=1))
    return {
        priority: (count, len(minutes[priority]), median(minutes[priority]))
        for priority, count in counts.items()
    }


def test_servicenow_incidents_by_priority(built: Company, exports: Path) -> None:
    told = rows(
        built,
        """
        select
            source_severity,
            count(*),
            count(resolved_at),
            median(time_to_resolve_seconds) / 60
        from reliability.fct_incidents
        where source_system = 'servicenow'
        group by all
        """,
    )
    assert {priority: tuple(figures) for priority, *figures in told} == SERVICENOW
    assert servicenow_from_the_file(exports / "servicenow" / FILES["servicenow"]) == SERVICENOW


def test_a_servicenow_incident_closed_unresolved_is_not_open(built: Company) -> None:
    told = rows(
        built,
        """
        select count(*), count(*) filter (where is_open)
        from reliability.fct_incidents
        where source_system = 'servicenow' and resolved_at is null
        """,
    )
    assert told == [(17_136 - 178 - 287 - 14_971 - 470, 0)]


# Google Cloud ---------------------------------------------------------------------------------


def test_google_cloud_incidents_and_minutes_by_severity(built: Company, exports: Path) -> None:
    told = rows(
        built,
        """
        select
            severity,
            count(*),
            sum(date_diff('minute', started_at, ended_at)),
            sum(duration_seconds)
        from reliability.fct_vendor_incidents
        where provider = 'google-cloud'
        group by all
        """,
    )
    # The known figures count the minute boundaries each incident crossed; the mart is exact.
    assert {severity: (count, minutes) for severity, count, minutes, _ in told} == GOOGLE

    bare: Counter[str] = Counter()
    path = exports / "google_cloud_status" / FILES["google_cloud_status"]
    for incident in json.loads(path.read_text()):
        begin, end = (datetime.fromisoformat(incident[name]) for name in ("begin", "end"))
        bare[incident["severity"]] += (end - begin) // timedelta(seconds=1)
    assert {severity: seconds for severity, _, _, seconds in told} == bare


def test_google_cloud_incidents_written_up_afterwards(built: Company) -> None:
    told = rows(
        built,
        """
        select
            count(*) filter (where was_written_up_afterwards),
            round(max(publication_lag_seconds) / 86400, 1)
        from reliability.fct_vendor_incidents
        where provider = 'google-cloud'
        """,
    )
    assert told == [(GOOGLE_WRITTEN_UP_AFTERWARDS, GOOGLE_GREATEST_LAG_DAYS)]


# FOCUS ----------------------------------------------------------------------------------------


def test_focus_costs_are_kept_to_the_last_digit(built: Company, exports: Path) -> None:
    told = rows(
        built,
        "select sum(billed_cost_usd), sum(effective_cost_usd) from cost.fct_cost_days",
    )
    assert told == [(FOCUS_BILLED, FOCUS_EFFECTIVE)]
    bare = list(records(exports / "focus" / FILES["focus"]))
    assert sum(Decimal(row["BilledCost"]) for row in bare) == FOCUS_BILLED
    assert sum(Decimal(row["EffectiveCost"]) for row in bare) == FOCUS_EFFECTIVE
