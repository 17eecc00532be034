"""Writes the raw tables as Parquet, one folder per table: the lake the Spark target reads.

    lake/
        <table>/part-0.parquet      every landing of a contract's table, empty before the first
        _landings/part-0.parquet    what came in
        _rejected_rows/part-0.parquet

Columns and types are the contracts' own, so Spark's tables fit them whatever has landed. A
timestamp is written as an instant in UTC, which Spark reads as its TIMESTAMP.
"""

from pathlib import Path

import duckdb
import yaml

from nines.warehouse import ROOT, connect

LINEAGE = {
    "_source_file": "string",
    "_source_row": "bigint",
    "_landing_id": "bigint",
    "_landed_at": "timestamp",
}
# Raw only grows; the manifest alone is rewritten where it lies, when an issue becomes complete.
_REWRITTEN = ("_landings",)


def write_lake(warehouse: Path, lake: Path) -> list[str]:
    """Write every raw table to `lake` and return the tables that were written.

    A table that has not grown since it was last written keeps its file. Each file is swapped in one
    rename, so a reader sees a table before or after, never between; rows stream, whatever their
    number. Raises WarehouseError when the warehouse cannot be opened.
    """
    lake.mkdir(parents=True, exist_ok=True)
    written = []
    with connect(warehouse, read_only=True) as connection:
        connection.execute(f"set temp_directory = {_text(lake / '.spill')}")
        landed = _landed_tables(connection)
        for table, columns in _contract_tables().items():
            if _write(connection, lake / table, columns, landed.get(table, set())):
                written.append(table)
    return written


def _contract_tables() -> dict[str, dict[str, str]]:
    """Return the columns and types of every raw table in the sources' YAML, lineage included."""
    tables = {}
    for path in sorted((ROOT / "models" / "staging").rglob("*__sources.yml")):
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]:
            for table in source["tables"]:
                columns = {one["name"]: one["data_type"] for one in table["columns"]}
                is_exported = table.get("config", {}).get("meta", {}).get("export")
                tables[table["name"]] = columns | LINEAGE if is_exported else columns
    return tables


def _landed_tables(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    """Return the columns of the raw tables the warehouse has."""
    tables: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'raw'"
    ).fetchall():
        tables.setdefault(table, set()).add(column)
    return tables


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, columns: dict[str, str], landed: set[str]
) -> bool:
    """Write one table's folder unless it holds these rows; return whether it was written."""
    part = folder / "part-0.parquet"
    state = _state(connection, folder.name, columns, landed)
    if folder.name not in _REWRITTEN and _state_of(connection, part) == state:
        return False
    folder.mkdir(exist_ok=True)
    selected = ", ".join(
        f"cast({_quoted(name) if name in landed else 'null'} as {_stored(data_type)}) "
        f"as {_quoted(name)}"
        for name, data_type in columns.items()
    )
    origin = f"from raw.{_quoted(folder.name)}" if landed else "where false"
    # Spark leaves files alone whose name starts with a dot.
    unfinished = folder / ".part-0.parquet"
    connection.execute(
        f"copy (select {selected} {origin}) to {_text(unfinished)} "
        f"(format parquet, compression zstd, kv_metadata {{nines: {_text(state)}}})"
    )
    unfinished.replace(part)
    for stale in folder.iterdir():
        if stale != part and stale.is_file():
            stale.unlink()
    return True


def _state(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], landed: set[str]
) -> str:
    """Return what tells one state of an append-only table from another, with its contract."""
    facts: tuple[object, ...] = (0,)
    if {"_landing_id", "_landed_at"} <= landed:
        facts = (
            connection.execute(
                "select count(*), max(_landing_id), max(_landed_at), "
                f"count(distinct _landing_id) from raw.{_quoted(table)}"
            ).fetchone()
            or facts
        )
    return f"{columns} {sorted(landed)} {[str(fact) for fact in facts]}"


def _state_of(connection: duckdb.DuckDBPyConnection, part: Path) -> str | None:
    """Return the state a file was written from; None when there is none."""
    if not part.exists():
        return None
    row = connection.execute(
        "select decode(value) from parquet_kv_metadata(?) where decode(key) = 'nines'", [str(part)]
    ).fetchone()
    return row[0] if row else None


def _stored(data_type: str) -> str:
    """Return the type a column is written with: an instant carries its zone."""
    return "timestamptz" if data_type.lower() == "timestamp" else data_type


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
