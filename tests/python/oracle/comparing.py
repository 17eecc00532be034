"""Holds a built warehouse against the oracle, and says where they differ."""

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nines.warehouse import connect
from oracle.policies import kpi_rules
from oracle.records import MEANING_CHANGING, Records, records_of
from oracle.scorecard import KpiValue, scorecard
from oracle.truth import Truth, read_truth

TOLERANCE = 1e-9
KEY = ("kpi_id", "period_grain", "period_start_date", "scope_type", "scope_id")
FIELDS = tuple(entry.name for entry in dataclasses.fields(KpiValue) if entry.name not in KEY)
SHOWN = 20
INCIDENTS = "reliability.fct_incidents"
# Facts that dirt must leave alone but for the records whose meaning it changes: their key, and the
# columns in which dirt may spell the same thing otherwise.
FACTS = {
    INCIDENTS: ("incident_id", ("title",)),
    "reliability.fct_incident_services": ("incident_id", ()),
    "reliability.fct_vendor_incidents": ("vendor_incident_id", ("title",)),
    "reliability.fct_sli_intervals": ("slo_id", ()),
    "delivery.fct_deployments": ("deployment_id", ()),
    "oncall.fct_pages": ("incident_id", ()),
    "cost.fct_cost_days": ("service_id", ()),
}

Key = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """One thing the warehouse and the oracle do not agree on."""

    subject: str
    field: str
    ours: object
    oracles: object

    def __str__(self) -> str:
        return f"{self.subject}: {self.field}: ours {self.ours}, the oracle's {self.oracles}"


@dataclass(frozen=True)
class Comparison:
    """How many KPI rows the oracle has, and every difference found."""

    row_count: int
    differences: tuple[Difference, ...]


def shown(differences: Sequence[Difference]) -> list[str]:
    """Say the first differences, and count the others by field."""
    lines = [str(difference) for difference in differences[:SHOWN]]
    if len(differences) > SHOWN:
        fields = Counter(difference.field for difference in differences)
        counts = ", ".join(f"{count:,} in {name}" for name, count in fields.most_common(10))
        lines.append(f"… {len(differences):,} differences: {counts}")
    return lines


def compare(warehouse: Path, truth_folder: Path) -> Comparison:
    """Compare all the oracle knows with what was built from the exports of the same company."""
    truth = read_truth(truth_folder)
    records = records_of(truth)
    expected = {key_of(vars(value)): vars(value) for value in scorecard(records, kpi_rules())}
    found = {key_of(row): row for row in kpi_values(warehouse)}
    differences = [
        *differing_records(warehouse, truth, records),
        *differing_rows(found, expected),
    ]
    return Comparison(len(expected), tuple(differences))


def kpi_values(warehouse: Path) -> list[Row]:
    """Return every row of the scorecard's fact."""
    names = KEY + FIELDS
    rows = answers(warehouse, f"select {', '.join(names)} from scorecard.fct_kpi_values")
    return [dict(zip(names, row, strict=True)) for row in rows]


def key_of(row: Row) -> Key:
    """Return what identifies a KPI value."""
    return tuple(row[name] for name in KEY)


def differing_rows(found: dict[Key, Row], expected: dict[Key, Row]) -> list[Difference]:
    """Return rows that are missing or invented, and fields that differ."""
    differences = []
    for key in sorted(found.keys() | expected.keys(), key=str):
        subject = "{} {} {} {}={}".format(*key)
        if key not in found:
            differences.append(Difference(subject, "row", "missing", "there"))
        elif key not in expected:
            differences.append(Difference(subject, "row", "there", "missing"))
        else:
            for name in FIELDS:
                ours, oracles = found[key][name], expected[key][name]
                if not are_equal(ours, oracles):
                    differences.append(Difference(subject, name, ours, oracles))
    return differences


def are_equal(ours: object, oracles: object) -> bool:
    """Return whether two values are the same: whole numbers exactly, others to a billionth."""
    if isinstance(ours, bool) or isinstance(oracles, bool) or ours is None or oracles is None:
        return ours is oracles
    if isinstance(ours, int | float) and isinstance(oracles, int | float):
        if float(oracles).is_integer() and float(ours).is_integer():
            return ours == oracles
        return math.isclose(ours, oracles, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return ours == oracles


def differing_records(warehouse: Path, truth: Truth, records: Records) -> list[Difference]:
    """Return where the records themselves differ: as_of, how many there are, what was wrong."""
    pairs = [
        ("as_of", asked(warehouse, "select as_of from intermediate.int_as_of"), records.as_of),
        (
            "incidents",
            asked(warehouse, "select count(*) from reliability.fct_incidents"),
            len(records.incidents),
        ),
        (
            "open incidents",
            asked(warehouse, "select count(*) from reliability.fct_incidents where is_open"),
            sum(incident.is_open for incident in records.incidents),
        ),
        (
            "incidents of no known severity",
            findings(warehouse, "its severity is not in the severity map"),
            sum(incident.severity is None for incident in records.incidents),
        ),
        (
            "cancelled incidents",
            findings(warehouse, "cancelled"),
            sum(incident.is_cancelled for incident in truth.incidents),
        ),
        (
            "impossible incidents",
            ids_of(
                warehouse, "select incident_id from reliability.fct_incidents where is_impossible"
            ),
            dirty_records(truth, "impossible_duration"),
        ),
        (
            "impossible incidents listed",
            ids_of(
                warehouse,
                """
                select record_id from quality.fct_data_findings
                where reason in ('resolved before it was opened', 'mitigated before it started')
                """,
            ),
            dirty_records(truth, "impossible_duration"),
        ),
        (
            "records of services no catalogue knows",
            dict(
                answers(
                    warehouse,
                    """
                    select entity, uncatalogued_count from quality.rpt_record_attribution
                    where entity in ('incidents', 'deployments')
                    """,
                )
            ),
            {
                "incidents": sum(
                    any(not records.services[name].is_catalogued for name in incident.service_ids)
                    for incident in records.incidents
                ),
                "deployments": sum(
                    not records.services[deployment.service_id].is_catalogued
                    for deployment in records.deployments
                ),
            },
        ),
        (
            "rows refused",
            dict(
                answers(
                    warehouse,
                    "select source_system, count(*) from raw._rejected_rows group by source_system",
                )
            ),
            dict(Counter(piece.system for piece in truth.dirt if piece.kind == "rejected_row")),
        ),
        (
            "rows refused and listed",
            findings(warehouse, "rejected at landing"),
            sum(piece.kind == "rejected_row" for piece in truth.dirt),
        ),
    ]
    return [
        Difference("records", name, ours, oracles)
        for name, ours, oracles in pairs
        if ours != oracles
    ]


def answers(warehouse: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows a query answers with."""
    with connect(warehouse, read_only=True) as connection:
        return connection.execute(query).fetchall()


def asked(warehouse: Path, query: str) -> object:
    """Return the one value a query answers with."""
    [[value]] = answers(warehouse, query)
    return value


def ids_of(warehouse: Path, query: str) -> set[str]:
    """Return the identifiers a query answers with."""
    return {identifier for [identifier] in answers(warehouse, query)}


def findings(warehouse: Path, reason: str) -> object:
    """Return how many findings of a reason the quality mart lists."""
    query = f"select count(*) from quality.fct_data_findings where reason = '{reason}'"
    return asked(warehouse, query)


def dirty_records(truth: Truth, *kinds: str) -> set[str]:
    """Return the mart's ids of the records that dirt of these kinds touched."""
    return {f"{piece.system}:{piece.record_id}" for piece in truth.dirt if piece.kind in kinds}


def compare_clean_with_dirty(clean: Path, dirty: Path, truth: Truth) -> list[Difference]:
    """Return facts that dirt changed though it must not, or did not change though it must."""
    differences = []
    changed = dirty_records(truth, *MEANING_CHANGING)
    for table, (key, spelled) in FACTS.items():
        differing = differing_ids(clean, dirty, table, key, spelled)
        surprising = differing ^ changed if table == INCIDENTS else differing - changed
        for identifier in sorted(map(str, surprising)):
            ours = "differs" if identifier in differing else "the same"
            oracles = "the same" if identifier in differing else "differs"
            differences.append(Difference(table, identifier, f"{ours} in dirt", oracles))
    return differences


def differing_ids(
    clean: Path, dirty: Path, table: str, key: str, spelled: tuple[str, ...]
) -> set[str]:
    """Return the ids of rows that only one of two warehouses has, `spelled` columns left aside."""
    columns = f"* exclude ({', '.join(spelled)})" if spelled else "*"
    with connect(dirty, read_only=True) as connection:
        connection.execute(f"attach '{clean}' as clean (read_only)")
        query = f"""
            select distinct cast({key} as string) from (
                (select {columns} from {table} except all select {columns} from clean.{table})
                union all
                (select {columns} from clean.{table} except all select {columns} from {table})
            )
        """
        return {identifier for [identifier] in connection.execute(query).fetchall()}
