"""Holds a built warehouse against the oracle, and says where they differ."""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable
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

    def __str__(self) -> str:
        lines = [str(difference) for difference in self.differences[:SHOWN]]
        if len(self.differences) > SHOWN:
            fields = Counter(difference.field for difference in self.differences)
            counts = ", ".join(f"{count:,} in {name}" for name, count in fields.most_common())
            lines.append(f"… {len(self.differences):,} differences: {counts}")
        return "\n".join(lines)


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


def rows_of(warehouse: Path, query: str) -> list[Row]:
    """Return the rows of a query by column name."""
    with connect(warehouse, read_only=True) as connection:
        cursor = connection.execute(query)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def kpi_values(warehouse: Path) -> list[Row]:
    """Return every row of the scorecard's fact."""
    return rows_of(warehouse, f"select {', '.join(KEY + FIELDS)} from scorecard.fct_kpi_values")


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
    """Return where the records themselves differ: as_of, incidents, refused rows, findings."""
    [as_of] = rows_of(warehouse, "select as_of from intermediate.int_as_of")
    expected: list[tuple[str, object, object]] = [("as_of", as_of["as_of"], records.as_of)]
    [incidents] = rows_of(warehouse, "select count(*) as n from reliability.fct_incidents")
    expected.append(("incidents", incidents["n"], len(records.incidents)))

    refused = rows_of(
        warehouse,
        "select source_system, count(*) as n from raw._rejected_rows group by all",
    )
    refused_by_system = {row["source_system"]: row["n"] for row in refused}
    dirt_by_system = Counter(piece.system for piece in truth.dirt if piece.kind == "rejected_row")
    for system in sorted(refused_by_system.keys() | dirt_by_system.keys()):
        expected.append(
            (f"refused rows of {system}", refused_by_system.get(system, 0), dirt_by_system[system])
        )
    return [
        Difference("records", name, ours, oracles)
        for name, ours, oracles in expected
        if ours != oracles
    ]


def meaning_changed(truth: Truth) -> set[str]:
    """Return the vendors' ids of the records whose meaning the dirt changed."""
    return {
        f"{piece.system}:{piece.record_id}"
        for piece in truth.dirt
        if piece.kind in MEANING_CHANGING
    }


def differing_ids(
    clean: Path, dirty: Path, table: str, key: str, unlike: Iterable[str]
) -> set[str]:
    """Return the ids whose rows differ between two warehouses, the columns `unlike` left aside."""
    left_aside = ", ".join(unlike)
    query = f"select * exclude ({left_aside}) from {table}" if left_aside else f"from {table}"
    in_clean = {row[key]: row for row in rows_of(clean, query)}
    in_dirty = {row[key]: row for row in rows_of(dirty, query)}
    return {
        identifier
        for identifier in in_clean.keys() | in_dirty.keys()
        if in_clean.get(identifier) != in_dirty.get(identifier)
    }
