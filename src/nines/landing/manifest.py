"""What has landed before: raw tables, the manifest, and whether a file is news."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from nines.contracts import Contract
from nines.landing.faults import LandingError
from nines.landing.files import ExportFile, Identity
from nines.landing.sqltext import identifier, literal

LINEAGE = "_source_file string, _source_row bigint, _landing_id bigint, _landed_at timestamp"
# What the engine calls the contracts' types.
TYPES = {"string": "VARCHAR"}
# As models/staging/nines/_nines__sources.yml describes them.
LANDINGS = (
    "_landing_id bigint, _landed_at timestamp, source_system string, table_name string, "
    "source_file string, content_hash string, size_bytes bigint, status string, reason string, "
    "row_count bigint, rejected_count bigint, new_columns string, newest_event_at timestamp, "
    "issue string, issue_version string, issue_completed_at timestamp"
)
REJECTED_ROWS = (
    "_landing_id bigint, _landed_at timestamp, source_system string, table_name string, "
    "source_file string, source_row bigint, column_name string, reason string, original string"
)


@dataclass(frozen=True)
class Landed:
    """One landed file, as the manifest has it for one table."""

    landing_id: int
    table: str
    source_file: str
    content_hash: str
    size_bytes: int
    issue: str
    is_complete: bool


def create_tables(connection: duckdb.DuckDBPyConnection, contracts: Sequence[Contract]) -> None:
    """Create the raw tables that are missing, and add columns a contract has gained."""
    connection.execute("create schema if not exists raw")
    connection.execute(f"create table if not exists raw._landings ({LANDINGS})")
    connection.execute(f"create table if not exists raw._rejected_rows ({REJECTED_ROWS})")
    existing: dict[str, dict[str, str]] = {}
    for table, column, data_type in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw'"
    ).fetchall():
        existing.setdefault(table, {})[column] = data_type
    for contract in contracts:
        columns = [f"{identifier(c.name)} {c.data_type}" for c in contract.columns]
        if contract.table not in existing:
            connection.execute(
                f"create table raw.{identifier(contract.table)} ({', '.join(columns)}, {LINEAGE})"
            )
            continue
        there = existing[contract.table]
        for column, declared in zip(contract.columns, columns, strict=True):
            if column.name not in there:
                connection.execute(
                    f"alter table raw.{identifier(contract.table)} add column {declared}"
                )
                continue
            kind = TYPES.get(column.data_type, column.data_type.upper().replace(" ", ""))
            if kind != there[column.name]:
                raise LandingError(
                    f"raw.{contract.table}.{column.name} is {there[column.name].lower()} in the "
                    f"warehouse and {column.data_type} in {contract.source_file}. Rows that landed "
                    "keep their type: give the column another name, or land into a new warehouse."
                )


class Manifest:
    """The landings so far, read once; the process that holds the warehouse adds to them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read raw._landings."""
        self.connection = connection
        self.landed: dict[str, list[Landed]] = {}  # by table, in the order of landing
        self.last_id, self.last_at = connection.execute(
            "select coalesce(max(_landing_id), 0), max(_landed_at) from raw._landings"
        ).fetchone()
        self.sizes: dict[str, set[int]] = {}
        for row in connection.execute(
            "select _landing_id, table_name, source_file, content_hash, size_bytes, "
            "coalesce(issue, ''), issue_completed_at is not null from raw._landings "
            "where status = 'landed' order by _landing_id"
        ).fetchall():
            self.remember(Landed(*row))

    def remember(self, landed: Landed) -> None:
        """Add a landing that was committed."""
        self.landed.setdefault(landed.table, []).append(landed)
        if landed.size_bytes:  # a file withdrawn from its issue has none
            self.sizes.setdefault(landed.source_file, set()).add(landed.size_bytes)

    def next_landing(self) -> tuple[int, datetime]:
        """Return the id and the instant of the next landing; both rise."""
        self.last_id += 1
        return self.last_id, self.now()

    def now(self) -> datetime:
        """Return the time, UTC, not before any landing's."""
        now = datetime.now(UTC).replace(tzinfo=None)
        self.last_at = max(now, self.last_at) if self.last_at else now
        return self.last_at

    def latest(self, contract: Contract, source_file: str) -> Landed | None:
        """Return the newest landing of a path into a table."""
        for landed in reversed(self.landed.get(contract.table, [])):
            if landed.source_file == source_file:
                return landed
        return None

    def copy_in_force(
        self, file: ExportFile, contract: Contract, identity: Identity
    ) -> Landed | None:
        """Return the landing of another path that already says all this file would say.

        The content must be that path's newest, of the same issue and captures, and nothing that
        landed later may have touched what it says: any row of a `whole` delivery, its periods,
        its keys; version columns decide for themselves.
        """
        captures = contract.captures(file.below_system)
        for landed in reversed(self.landed.get(contract.table, [])):
            if (
                landed.content_hash != identity.content_hash
                or landed.source_file == file.source_file
            ):
                continue
            below = landed.source_file.partition("/")[2]
            if contract.captures(below) != captures:
                continue
            if self.latest(contract, landed.source_file) != landed:
                continue
            if not self._is_superseded(contract, landed):
                return landed
        return None

    def _is_superseded(self, contract: Contract, landed: Landed) -> bool:
        later = [
            other
            for other in self.landed.get(contract.table, [])
            if other.landing_id > landed.landing_id
        ]
        if contract.delivery == "whole":
            return any(other.issue != landed.issue for other in later)
        if contract.delivery == "changes" and contract.version:
            return False
        columns = contract.period or contract.key
        if not later:
            return False
        if contract.issue and contract.delivery == "period":
            later_ids = [other.landing_id for other in later if other.issue != landed.issue]
        else:
            later_ids = [other.landing_id for other in later]
        table = f"raw.{identifier(contract.table)}"
        names = ", ".join(identifier(column) for column in columns)
        return bool(
            self.connection.execute(
                f"select count(*) from (select {names} from {table} where _landing_id = $mine "
                f"intersect select {names} from {table} "
                "where list_contains(cast($later as bigint[]), _landing_id))",
                {"mine": landed.landing_id, "later": later_ids},
            ).fetchone()[0]
        )

    def rows_so_far(self, contract: Contract, source_file: str, identity: Identity) -> int:
        """Return how many rows the file had when it landed last, all its growth counted."""
        table = f"raw.{identifier(contract.table)}"
        for landed in reversed(self.landed.get(contract.table, [])):
            if landed.source_file != source_file:
                continue
            if identity.beginnings.get(landed.size_bytes) != landed.content_hash:
                break
            found = self.connection.execute(
                f"select max(place) from (select max(_source_row) as place from {table} "
                "where _landing_id = $id union all select max(source_row) "
                f"from raw._rejected_rows where _landing_id = $id and table_name = "
                f"{literal(contract.table)})",
                {"id": landed.landing_id},
            ).fetchone()[0]
            if found is not None:
                return found
        return 0
