"""Makes a small publication by hand, with the columns the review reads and titles that bite."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

from nines.warehouse import connect
from nines.wording import Quarter

HOSTILE_TITLES = (
    "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>",
    "</script><script>window.hacked = 3</script> <!-- \"quoted\" & 'so on'",
    "=1+1 \u202egnitirw desrever\u202c {{ 7 * 7 }} **not bold** [no link](https://example.com)",
    "Verfügbarkeitsüberwachungsbenachrichtigungs" * 6,
    "انقطاع في الدفع",
)
QUARTERS = [Quarter(2024, 4).later(place) for place in range(9)]  # 2024Q4 … 2026Q4

KPIS = {
    "sev1_incident_count": (3, "Sev-0 and Sev-1 incidents", "incidents", "at_most", "previous"),
    "sev1_time_to_mitigate": (4, "Time to mitigate", "seconds", "at_most", "year_ago"),
    "deployment_frequency": (
        7, "Deployment frequency", "deployments per service-day", "at_least", "previous",
    ),
    "availability_impact_minutes": (
        12, "Availability-impact minutes", "service-minutes", "at_most", "year_ago",
    ),
}  # fmt: skip
VALUES = {
    "sev1_incident_count": [4, 6, 3, 5, 2, 4, 1, 5, 1],
    "sev1_time_to_mitigate": [4000, 5200.5, 3600, 7300, 9100, 2280, 2280, 4980, None],
    "deployment_frequency": [0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.14, 0.21, None],
    "availability_impact_minutes": [300, 420, 180, 260, 410, 200, 38, 251, 0],
}
SERVICES = {"checkout": 153, "search": 62, "<b>catalog-api</b>": 36}

COLUMNS = {
    "scorecard.fct_kpi_values": """
        kpi_id varchar, period_grain varchar, period_start_date date, period_end_date date,
        scope_type varchar, scope_id varchar, numerator double, denominator double, value double,
        unit varchar, sample_count bigint, excluded_count bigint, is_complete boolean,
        target_kind varchar, target_value double, target_direction varchar, status varchar,
        previous_value double, year_ago_value double""",
    "scorecard.rpt_kpi_periods": """
        kpi_id varchar, kpi_order integer, kpi_name varchar, period_grain varchar,
        period_start_date date, unit varchar, definition varchar, scope_note varchar,
        excluded_note varchar, source_mart varchar, target_kind varchar, target_direction varchar,
        status varchar, is_complete boolean, value double, target_value double,
        previous_value double, year_ago_value double, sample_count bigint, excluded_count bigint""",
    "reliability.rpt_incidents_by_week": """
        week_start_date date, severity integer, severity_name varchar, incident_count bigint""",
    "reliability.rpt_major_incidents": """
        incident_id varchar, source_system varchar, severity integer, severity_name varchar,
        title varchar, service_names varchar, is_customer_impacting boolean, is_open boolean,
        is_impossible boolean, time_to_mitigate_seconds bigint, started_at timestamp,
        mitigated_at timestamp, started_quarter_start_date date,
        mitigated_quarter_start_date date""",
    "reliability.rpt_time_to_mitigate": """
        quarter_start_date date, mitigated_count bigint, left_out_count bigint, open_count bigint,
        median_seconds bigint, p90_seconds bigint""",
    "delivery.rpt_deployments_by_week": """
        week_start_date date, deployment_kind varchar, deployment_count bigint""",
    "delivery.rpt_deployments_by_service": """
        quarter_start_date date, service_id varchar, team_id varchar, is_catalogued boolean,
        release_count bigint, rollback_count bigint, failed_count bigint,
        previous_release_count bigint""",
    "quality.rpt_record_attribution": """
        entity varchar, record_count bigint, unattributed_count bigint,
        uncatalogued_count bigint""",
    "quality.fct_data_findings": """
        finding_id varchar, source_system varchar, entity varchar, record_id varchar,
        reason varchar, detail varchar, found_at timestamp""",
}


def make_publication(published: Path, *, is_empty: bool = False) -> Path:
    """Write published/<version>/ and `current`; `is_empty` leaves out all but the scorecard."""
    version = published / "20261002T080000Z-0123456789"
    version.mkdir(parents=True)
    rows = _kpi_rows(is_empty)
    if not is_empty:
        rows |= _incident_rows() | _deployment_rows() | _quality_rows()
    with connect(version / "nines.duckdb") as connection:
        for table, columns in COLUMNS.items():
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create table {table} ({columns})")
            if rows.get(table):
                marks = ", ".join("?" for _ in rows[table][0])
                connection.executemany(f"insert into {table} values ({marks})", rows[table])
    manifest = {
        "version": version.name,
        "as_of": "2026-10-02T06:00:00Z",
        "warnings": [] if is_empty else [
            {
                "name": "known_service_share",
                "severity": "warning",
                "table": "raw.pagerduty_incidents",
                "column": None,
                "success": False,
                "observed": "3 of 4 rows name a service of the catalogue <b>(75 %)</b>.",
                "advice": "Add the missing names to seeds/service_aliases.csv.",
                "unexpected": [],
                "unexpected_count": 1,
            }
        ],
        "restatements": [] if is_empty else [
            {
                "version": version.name,
                "previous_version": "20260802T080000Z-0123456789",
                "kpi_id": "sev1_incident_count",
                "period_grain": "quarter",
                "period_start_date": "2026-04-01",
                "period_end_date": "2026-07-01",
                "scope_type": "all",
                "scope_id": "all",
                "previous_value": 2.0,
                "new_value": 1.0,
                "landed_record_count": 4,
                "landed_records": "pagerduty_incidents: 4",
                "are_definitions_changed": False,
            }
        ],
    }  # fmt: skip
    (version / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (published / "current").symlink_to(version.name)
    return published


def _kpi_rows(is_empty: bool) -> dict[str, list[tuple]]:
    facts, report = [], []
    for kpi_id, (order, name, unit, direction, kind) in KPIS.items():
        values = [None] * len(QUARTERS) if is_empty else VALUES[kpi_id]
        for place, quarter in enumerate(QUARTERS):
            value = values[place]
            before = values[place - 1] if place else None
            year_ago = values[place - 4] if place >= 4 else None
            base = before if kind == "previous" else year_ago
            target = None if base is None else base * (1 if kind == "previous" else 0.85)
            if value is None:
                status = "no data"
            elif target is None:
                status = "no target"
            else:
                met = value <= target if direction == "at_most" else value >= target
                status = "met" if met else "missed"
            complete = quarter.name != "2026Q4"
            sample = 0 if value is None else 12
            facts.append(
                (kpi_id, "quarter", quarter.start_date, quarter.end_date, "all", "all", value, 1,
                 value, unit, sample, 1, complete, kind, target, direction, status, before,
                 year_ago)
            )  # fmt: skip
            report.append(
                (kpi_id, order, name, "quarter", quarter.start_date, unit,
                 f"What {name} means, in one sentence.", "all services", "what was left out",
                 "reliability.fct_incidents", kind, direction, status, complete, value, target,
                 before, year_ago, sample, 1 if kpi_id == "sev1_time_to_mitigate" else 0)
            )  # fmt: skip
    if not is_empty:
        start, end = date(2026, 7, 1), date(2026, 10, 1)
        for kpi_id, factor in (("availability_impact_minutes", 1), ("deployment_frequency", 0.002)):
            unit = KPIS[kpi_id][2]
            for scope_type, names in (("service", SERVICES), ("team", {"payments": 90, "data": 0})):
                for scope_id, amount in names.items():
                    facts.append(
                        (kpi_id, "quarter", start, end, scope_type, scope_id, amount * factor, 1,
                         amount * factor, unit, 3, 0, True, "previous", None, "at_most",
                         "no target", amount * factor * 0.7, None)
                    )  # fmt: skip
    return {"scorecard.fct_kpi_values": facts, "scorecard.rpt_kpi_periods": report}


def _incident_rows() -> dict[str, list[tuple]]:
    weeks, incidents, recovery = [], [], []
    first = date(2025, 9, 29)
    for place in range(53):
        week = first + timedelta(weeks=place)
        for severity in range(5):
            number = (place * (severity + 2)) % 7 // (5 - severity)
            weeks.append((week, severity, f"Sev-{severity}", number))
    for place, quarter in enumerate(QUARTERS[:-1]):
        for turn, title in enumerate(HOSTILE_TITLES):
            opened = datetime.combine(quarter.start_date, datetime.min.time()) + timedelta(
                days=12 * turn + place, hours=9, minutes=15
            )
            seconds = 700 * (turn + 1) ** 3 + 60 * place
            is_open = quarter.name == "2026Q3" and turn == 4
            incidents.append(
                (f"pagerduty:Q{place}{turn}", "pagerduty", turn % 2, f"Sev-{turn % 2}", title,
                 "checkout, ledger" if turn else None, True, is_open, False,
                 None if is_open else seconds, opened,
                 None if is_open else opened + timedelta(seconds=seconds), quarter.start_date,
                 None if is_open else quarter.start_date)
            )  # fmt: skip
        untitled = datetime.combine(quarter.start_date, datetime.min.time())
        incidents.append(
            (f"servicenow:INC{place}", "servicenow", 1, "Sev-1", None, None, False, False, False,
             900_000, untitled, untitled + timedelta(seconds=900_000), quarter.start_date,
             quarter.start_date)
        )  # fmt: skip
        recovery.append((quarter.start_date, 5, 1, int(quarter.name == "2026Q3"), 18_900, 71_000))
    return {
        "reliability.rpt_incidents_by_week": weeks,
        "reliability.rpt_major_incidents": incidents,
        "reliability.rpt_time_to_mitigate": recovery,
    }


def _deployment_rows() -> dict[str, list[tuple]]:
    weeks = [
        (date(2025, 9, 29) + timedelta(weeks=place), kind, (place * factor) % 9 // (4 - factor))
        for place in range(53)
        for kind, factor in (("release", 3), ("rollback", 2), ("failed", 1))
    ]
    services = [
        (date(2026, 7, 1), f"service-{place:02}" if place else "<b>catalog-api</b>", "payments",
         True, 40 - 2 * place, place % 3, place % 2, 36 - 2 * place)
        for place in range(18)
    ]  # fmt: skip
    return {
        "delivery.rpt_deployments_by_week": weeks,
        "delivery.rpt_deployments_by_service": services,
    }


def _quality_rows() -> dict[str, list[tuple]]:
    seen = datetime(2026, 8, 1)
    return {
        "quality.fct_data_findings": [
            ("1", "pagerduty", "incident", "pagerduty:Q1", "resolved before opened", "-", seen),
            ("2", "pagerduty", "incident", "pagerduty:Q2", "resolved before opened", "-", seen),
            ("3", "github", "deployment", "github:9", "<i>cancelled</i>", "-", seen),
        ],
        "quality.rpt_record_attribution": [
            ("deployments", 1200, 0, 30),
            ("incidents", 40, 2, 5),
        ],
    }
