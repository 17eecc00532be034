"""What a check says: one outcome per expectation and place, and the verdict over all of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import duckdb

Severity = Literal["critical", "warning"]
Stage = Literal["landing", "marts"]


@dataclass(frozen=True)
class Outcome:
    """One expectation judged at one place.

    `observed` is one short sentence with the figures; `unexpected` holds at most a handful of
    offending rows, by keys and figures only (never text from an export, never a person).
    """

    name: str
    severity: Severity
    table: str
    success: bool
    observed: str
    advice: str
    column: str | None = None
    unexpected: Sequence[dict[str, Any]] = ()
    unexpected_count: int = 0

    def describe(self) -> str:
        """Return the outcome as one line a newcomer can act on."""
        place = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{self.name} ({place}): {self.observed} {self.advice}".rstrip()

    def as_record(self) -> dict[str, Any]:
        """Return the outcome as a JSON-ready mapping."""
        return {**asdict(self), "unexpected": list(self.unexpected)}


@dataclass(frozen=True)
class CheckResult:
    """Every outcome of one stage.

    `subject` names what was judged: the newest landing, or dbt's invocation that built the marts;
    publishing refuses results of anything else. `docs` is the path of the page for people.
    """

    stage: Stage
    subject: str
    outcomes: Sequence[Outcome] = ()
    docs: str | None = None

    @property
    def failures(self) -> list[Outcome]:
        """Return the critical expectations that failed: each stops publishing."""
        return [one for one in self.outcomes if not one.success and one.severity == "critical"]

    @property
    def warnings(self) -> list[Outcome]:
        """Return the failed expectations that only warn: the review shows them."""
        return [one for one in self.outcomes if not one.success and one.severity == "warning"]

    @property
    def success(self) -> bool:
        """Return whether no critical expectation failed."""
        return not self.failures


def newest_landing(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the id of the newest landing as text, "none" before the first."""
    known = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = '_landings'"
    ).fetchone()
    row = known and connection.execute("select max(_landing_id) from raw._landings").fetchone()
    return str(row[0]) if row and row[0] is not None else "none"
