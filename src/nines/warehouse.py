"""The only module that opens DuckDB: one place for the zone and the read-only rule."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]


def located(variable: str, default: str) -> Path:
    """Return the path a variable sets; a relative one starts at the checkout's root."""
    return ROOT / Path(os.environ.get(variable) or default).expanduser()


def warehouse_path() -> Path:
    """Return where the warehouse lies: `NINES_WAREHOUSE`, by default data/nines.duckdb."""
    return located("NINES_WAREHOUSE", "data/nines.duckdb")


class WarehouseError(Exception):
    """The warehouse cannot be opened; the message says why and what to do."""


@contextmanager
def connect(
    path: Path | None = None, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file (the warehouse by default), session zone UTC, and close it at the end."""
    target = path or warehouse_path()
    if not read_only:
        target.parent.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        raise WarehouseError(f"{target} does not exist yet. Land some exports: nines land EXPORTS")
    try:
        connection = duckdb.connect(str(target), read_only=read_only)
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise WarehouseError(f"{target} could not be opened: {error}") from error
        raise WarehouseError(
            f"{target} is in use by another process, which writes to it. Wait until it is done; "
            "readers should open the published files, which are never locked."
        ) from error
    try:
        connection.execute("set timezone = 'UTC'")
        # A notebook without ipywidgets has no bar and refuses to hear of one.
        with suppress(duckdb.InvalidInputException):
            connection.execute("set enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


@contextmanager
def scratch(memory_limit: str = "1GB", threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine that keeps nothing: bounded memory, session zone UTC, rows in their order."""
    with tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(":memory:")
        try:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set preserve_insertion_order = true")
            connection.execute(f"set memory_limit = '{memory_limit}'")
            connection.execute(f"set threads = {threads}")
            connection.execute("set temp_directory = $1", [spill])
            with suppress(duckdb.InvalidInputException):
                connection.execute("set enable_progress_bar = false")
            yield connection
        finally:
            connection.close()
