"""What a reader sees: one publication, held open read-only, whatever is published meanwhile."""

import atexit
import json
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from nines.warehouse import connect, located
from nines.wording import Quarter


class ReportError(Exception):
    """A review could not be rendered; the message says why."""


class NotPublishedError(ReportError):
    """There is no publication, or it does not hold what was asked; the message says what to do."""


def publication_folder(published: Path) -> Path:
    """Return the folder of one publication: `published` itself, or what its `current` stands for.

    The link is followed here, once: a reader that keeps the answer never mixes two versions.
    """
    if (published / "nines.duckdb").is_file():
        return published.resolve()
    current = published / "current"
    if not (current / "nines.duckdb").is_file():
        raise NotPublishedError(
            f"Nothing is published in {published}. Run `nines run EXPORTS`, or `nines publish` "
            "after a build."
        )
    return current.resolve()


@cache
def _folder() -> Path:
    return publication_folder(located("NINES_PUBLISHED", "data/published"))


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """Open the publication once for the life of this process, so that all answers agree."""
    held = ExitStack()
    atexit.register(held.close)
    return held.enter_context(connect(_folder() / "nines.duckdb", read_only=True))


def query(sql: str, **values: object) -> pl.DataFrame:
    """Ask the published marts; `$name` in the question is bound to the value of that name."""
    return _connection().sql(sql, params=values or None).pl()


@cache
def manifest() -> dict[str, Any]:
    """Return what the publication says of itself: as_of, version, warnings, restatements."""
    return manifest_of(_folder())


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return the manifest in a publication's folder."""
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def review_quarter(period: str | None = None) -> Quarter:
    """Return the quarter to review: the one named, by default the newest complete one."""
    return choose_quarter(_connection(), period)


def choose_quarter(connection: duckdb.DuckDBPyConnection, period: str | None) -> Quarter:
    """Return the quarter named like 2026Q3, or the newest one that some KPI calls complete.

    Raises NotPublishedError when the publication holds no such quarter, and lists those it holds.
    """
    rows = connection.sql(
        """
        select
            period_start_date,
            bool_or(is_complete) as is_complete
        from scorecard.fct_kpi_values
        where period_grain = 'quarter' and scope_type = 'all'
        group by all
        order by all
        """
    ).fetchall()
    known = [Quarter.starting(start) for start, _ in rows]
    if not known:
        raise NotPublishedError(
            "The published scorecard holds no quarter yet: nothing a KPI counts has landed, such "
            "as incidents or deployments. Add their exports, then `nines run EXPORTS`."
        )
    available = f"It holds {', '.join(quarter.name for quarter in known)}."
    if period is None:
        complete = [Quarter.starting(start) for start, is_complete in rows if is_complete]
        if not complete:
            raise NotPublishedError(
                f"No quarter of the published scorecard is complete. {available} "
                "Name one with --period to review it as far as it goes."
            )
        return complete[-1]
    try:
        quarter = Quarter.named(period)
    except ValueError as fault:
        raise NotPublishedError(f"{fault} {available}") from None
    if quarter not in known:
        raise NotPublishedError(f"The published scorecard holds no {quarter.name}. {available}")
    return quarter
