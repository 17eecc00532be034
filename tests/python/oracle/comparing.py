"""Holds a built warehouse against the oracle, and says where they differ."""

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nines.warehouse import connect
from oracle.facts import FACT_ROWS
from oracle.policies import kpi_rules
from oracle.records import Records, records_of, service_named
from oracle.scorecard import KpiValue, scorecard
from oracle.truth import Truth, read_truth

TOLERANCE = 1e-9
KEY = ("kpi_id", "period_grain", "period_start_date", "scope_type", "scope_id")
FIELDS = tuple(entry.name for entry in dataclasses.fields(KpiValue) if entry.name not in KEY)
SHOWN = 20

Key = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """A table that dirt must leave alone, but for what it makes of some records."""

    table: str
    key: str
    # Columns in which dirt may say the same thing otherwise.
    spelled: tuple[str, ...] = ()
    # Dirt that must show in the rows of the records it touches, and dirt that may.
    shown_by: tuple[str, ...] = ()
    may_show_by: tuple[str, ...] = ()


FACTS = (
    Fact(
        "reliability.fct_incidents",
        "incident_id",
        spelled=("title",),
        shown_by=("never_closed", "impossible_duration"),
        # Customers may no longer have felt it.
        may_show_by=("unknown_service",),
    ),
    Fact(
        "reliability.fct_incident_services",
        "incident_id",
        spelled=("service_method",),
        shown_by=("unknown_service",),
    ),
    Fact(
        "oncall.fct_pages",
        "incident_id",
        may_show_by=("never_closed", "impossible_duration", "unknown_service"),
    ),
    Fact("reliability.fct_vendor_incidents", "vendor_incident_id", spelled=("title",)),
    Fact("reliability.fct_sli_intervals", "slo_id"),
    Fact("cost.fct_cost_days", "service_id"),
)


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
        *differing_facts(warehouse, truth, records),
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
            dirty_incidents(truth, "impossible_duration"),
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
            dirty_incidents(truth, "impossible_duration"),
        ),
        (
            "records of services no catalogue knows",
            # A kind of record of which there is none has no row.
            Counter(
                dict(
                    answers(
                        warehouse,
                        """
                        select entity, uncatalogued_count from quality.rpt_record_attribution
                        where entity in ('incidents', 'deployments')
                        """,
                    )
                )
            ),
            Counter(
                incidents=sum(
                    any(not records.services[name].is_catalogued for name in incident.service_ids)
                    for incident in records.incidents
                ),
                deployments=sum(
                    not records.services[deployment.service_id].is_catalogued
                    for deployment in records.deployments
                ),
            ),
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


def differing_facts(warehouse: Path, truth: Truth, records: Records) -> list[Difference]:
    """Return the rows that a mart has and the truth has not, and the other way round."""
    differences = []
    for facts in FACT_ROWS:
        found = Counter(answers(warehouse, facts.query))
        expected = facts.expected(truth, records)
        differences += [
            Difference(facts.mart, "row", row, "missing") for row in (found - expected).elements()
        ]
        differences += [
            Difference(facts.mart, "row", "missing", row) for row in (expected - found).elements()
        ]
    return differences


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


def dirty_incidents(truth: Truth, *kinds: str) -> set[str]:
    """Return the mart's ids of the incidents that dirt of these kinds touched."""
    return {
        f"{piece.system}:{piece.record_id}"
        for piece in truth.dirt
        if piece.kind in kinds and piece.incident_id
    }


def compare_clean_with_dirty(clean: Path, dirty: Path, truth: Truth) -> list[Difference]:
    """Return what dirt changed though it must not, or did not change though it must."""
    differences = []
    for fact in FACTS:
        changed = differing_ids(clean, dirty, fact.table, fact.key, fact.spelled)
        wanted = dirty_incidents(truth, *fact.shown_by)
        allowed = wanted | dirty_incidents(truth, *fact.may_show_by)
        differences += [
            Difference(fact.table, identifier, "changed by dirt", "left alone")
            for identifier in sorted(changed - allowed)
        ]
        differences += [
            Difference(fact.table, identifier, "left alone by dirt", "changed")
            for identifier in sorted(wanted - changed)
        ]
    # A deployment recorded under another name is a deployment of that name, and of no other.
    moved = differing_ids(
        clean, dirty, "delivery.fct_deployments", "service_id", spelled=("service_method",)
    )
    if moved != services_of_moved_deployments(truth):
        differences.append(
            Difference(
                "delivery.fct_deployments",
                "services with other deployments in dirt",
                sorted(moved),
                sorted(services_of_moved_deployments(truth)),
            )
        )
    return differences


def services_of_moved_deployments(truth: Truth) -> set[str]:
    """Return the services that lost a deployment to a name no catalogue knows, and those names."""
    names = {deployment.deployment_id: deployment.service_id for deployment in truth.deployments}
    pieces = [piece for piece in truth.dirt if piece.kind == "unknown_service"]
    moved = [piece for piece in pieces if piece.deployment_id]
    return {names[piece.deployment_id] for piece in moved} | {
        service_named(piece) for piece in moved
    }


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
