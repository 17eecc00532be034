"""Publishes the marts: a new folder beside the old ones, and one rename that makes it current.

    published/
        20261002T080000Z-3f6c0a9e12/      one publication; nothing in it ever changes
            nines.duckdb                  every published mart, under its own schema
            finance.duckdb                cost marts, unit-cost KPIs, the dimensions they need
            parquet/<schema>/<mart>.parquet
            manifest.json                 as_of, versions, row counts, hashes, what is restated
        current -> 20261002T080000Z-3f6c0a9e12

A version's name is its UTC instant, which sorts, and the first ten digits of its content hash.
What is published is exactly the enabled models under models/marts, less the schema `restricted`.

Retention: the newest eight versions stay whole, and so does the last one of every calendar quarter;
an older one shrinks to its manifest and its KPI values, which are kept for ever. Readers that have
an older version open keep it.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml

from nines.building import TOLERATED, unit_tests_passed
from nines.contracts import load_contracts
from nines.expectations.outcomes import CheckResult, newest_landing
from nines.warehouse import ROOT, connect, located

# The mart schemas of the architecture page. `restricted` holds people and is never published.
PUBLISHED_SCHEMAS = (
    "core",
    "reliability",
    "delivery",
    "oncall",
    "cost",
    "resilience",
    "governance",
    "scorecard",
    "quality",
)
# The oldest DuckDB that must open a published file.
STORAGE_VERSION = "v1.5.0"
WHOLE_VERSIONS = 8
KPI_VALUES = "scorecard.fct_kpi_values"
RESTATEMENTS = "quality.restatements"

# What finance gets beside the whole schema `cost`.
FINANCE_MARTS = (
    "core.dim_services",
    "core.dim_teams",
    "core.dim_dates",
    "core.dim_service_regions",
)
FINANCE_KPIS = (
    "unit_cost_per_thousand_requests_usd",
    "unallocated_cost_ratio",
    "cloud_cost_efficiency_gain_usd",
)

_VERSION_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{10}")

_RESTATEMENTS_COMMENT = (
    "One row per KPI value of an already published, complete period that a later publication "
    "changed, added or withdrew."
)
# Name, type and meaning, in the order of the published table.
_RESTATEMENT_COLUMNS = (
    ("version", "string", "The publication that restated the value."),
    ("previous_version", "string", "The publication that had given the previous value."),
    ("kpi_id", "string", "Which KPI."),
    ("period_grain", "string", "week, month or quarter."),
    ("period_start_date", "date", "First day of the period."),
    ("period_end_date", "date", "The day after its last."),
    ("scope_type", "string", "all, tier, team, product, service or region."),
    ("scope_id", "string", "Which of them."),
    ("previous_value", "double", "The value as last published; null was no value."),
    ("new_value", "double", "The value now; null is no value, or the row is gone."),
    ("landed_record_count", "bigint", "Records landed in between that happened in the period."),
    (
        "landed_records",
        "string",
        "The same by raw table, and landed records that carry no instant.",
    ),
    ("are_definitions_changed", "boolean", "Whether a model or a seed was edited in between."),
)


class PublishError(Exception):
    """Publishing was refused, or could not be done; the message says what to do."""


@dataclass(frozen=True)
class Publication:
    """One published version: its folder, and whether this call made it (False: nothing changed)."""

    path: Path
    is_new: bool
    restatement_count: int = 0

    @property
    def version(self) -> str:
        """Return the version's name."""
        return self.path.name

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return the manifest as a mapping."""
        return read_manifest(self.path)

    def describe(self) -> str:
        """Return one line that says what was done."""
        if not self.is_new:
            return f"Published content is unchanged: {self.version} stays."
        marts = len(self.manifest["marts"])
        line = f"Published {marts} marts as {self.version}"
        if self.manifest["known_at"]:
            line += f", as known at {self.manifest['known_at']} (current stays)"
        if self.restatement_count:
            line += f"; restated values of earlier publications: {self.restatement_count}"
        return line + "."


@dataclass(frozen=True)
class Build:
    """What dbt says of one build: the marts it made, their documentation, and every result."""

    marts: dict[str, dict[str, Any]]
    warnings: list[dict[str, Any]]
    test_count: int
    invocation: dict[str, Any]
    known_at: str | None
    models_hash: str


def published_path() -> Path:
    """Return where publications lie: `NINES_PUBLISHED`, by default data/published."""
    return located("NINES_PUBLISHED", "data/published")


def current(published: Path) -> Path | None:
    """Return the folder of the current publication: the one version, whatever is swapped later."""
    link = published / "current"
    return link.resolve() if link.exists() else None


def read_manifest(version: Path) -> dict[str, Any]:
    """Return the manifest of one publication's folder."""
    return json.loads((version / "manifest.json").read_text(encoding="utf-8"))


def publish(
    warehouse: Path,
    published: Path,
    *,
    target: Path,
    checks: Sequence[CheckResult],
    published_at: datetime | None = None,
) -> Publication:
    """Publish the marts of `warehouse`, once everything that judges them has passed.

    `target` is the folder where dbt left the manifest.json and run_results.json of the build;
    `checks` are the results of both stages, `landing` and `marts`. Raises PublishError when a dbt
    test is missing or failed, a mart was not built, something landed since the build, a check is
    missing, of another landing or build, or critical and failed, or a person's pseudonym would be
    published; WarehouseError when the warehouse cannot be opened. `current` is then as it was.
    Content that is published already is not published again. A build with `known_at` is put beside
    the others, for a review of the past, and never becomes current.
    """
    build = _read_build(target)
    _refuse_failed_checks(checks)
    warnings = build.warnings + [one.as_record() for result in checks for one in result.warnings]
    published.mkdir(parents=True, exist_ok=True)
    with _only_publisher(published) as work:
        with connect(warehouse, read_only=True) as connection:
            # Sorting a mart larger than memory spills here, never into the working folder.
            connection.execute(f"set temp_directory = {_text(work / 'spill')}")
            _refuse_outdated_checks(connection, build, checks)
            _refuse_stale_build(connection, build)
            _refuse_another_build(connection, build)
            _refuse_missing_marts(connection, build)
            _refuse_pseudonyms(connection, build)
            facts = _facts(connection, build)
            marts = [_write_parquet(connection, mart, work) for mart in sorted(build.marts)]
            content_hash = _content_hash(facts, marts, build, warnings)
            same = _already_published(published, content_hash, build.known_at)
            if same:
                return Publication(same, is_new=False)
            stamp = (published_at or datetime.now(UTC)).astimezone(UTC)
            version = _next_version(published, stamp, content_hash)
            previous = None if build.known_at else current(published)
            restated = _find_restatements(
                connection, build, work, version=version, previous=previous
            )
            _write_parquet_of_restatements(connection, work)
            _write_databases(connection, build, work)
        manifest = {
            "version": version,
            "published_at": _instant(stamp),
            "content_hash": content_hash,
            "previous_version": previous.name if previous else None,
            **facts,
            "known_at": build.known_at,
            "project": _project(build),
            "dbt": build.invocation | {"test_count": build.test_count},
            "duckdb": {"written_by": duckdb.__version__, "storage_version": STORAGE_VERSION},
            "marts": marts,
            "kpi_value_count": next(
                (one["row_count"] for one in marts if one["mart"] == KPI_VALUES), 0
            ),
            "restatements": restated,
            "warnings": warnings,
        }
        return _put_in_place(published, work, manifest)


# --- what must hold before anything is written ---------------------------------------------------


def _read_build(target: Path) -> Build:
    """Return dbt's account of the build; refuse one that is not whole and green."""
    try:
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        run = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise PublishError(f"{missing.filename} is missing. Run `nines build` first.") from None
    adapter = manifest["metadata"].get("adapter_type", "duckdb")
    if adapter != "duckdb":
        raise PublishError(
            f"{target} holds a build on {adapter}. Run `nines build` on DuckDB first."
        )
    results = {one["unique_id"]: one for one in run["results"]}
    _refuse_bad_results(results)
    nodes = {
        key: node for key, node in manifest["nodes"].items() if node["config"].get("enabled", True)
    }
    marts = {
        f"{node['schema']}.{node.get('alias') or node['name']}": node
        for node in nodes.values()
        if node["resource_type"] == "model"
        and node["original_file_path"].startswith("models/marts/")
        and node["schema"] in PUBLISHED_SCHEMAS
    }
    tests = [key for key, node in nodes.items() if node["resource_type"] == "test"]
    if not unit_tests_passed(target):
        tests += [
            key
            for key, node in manifest.get("unit_tests", {}).items()
            if node["config"].get("enabled", True)
        ]
    untried = [key for key in tests if key not in results]
    untried += [node["unique_id"] for node in marts.values() if node["unique_id"] not in results]
    if untried:
        raise PublishError(
            f"The last dbt command left {len(untried)} models or tests out, for example "
            f"{_short(untried[0])}. Run the whole of `nines build`, then publish."
        )
    return Build(
        marts=marts,
        warnings=[_as_warning(one) for one in results.values() if one["status"] == "warn"],
        test_count=len(tests),
        invocation={
            "version": run["metadata"]["dbt_version"],
            "invocation_id": run["metadata"]["invocation_id"],
            "generated_at": run["metadata"]["generated_at"],
            "started_at": run["metadata"]["invocation_started_at"],
        },
        known_at=_variable(run, "known_at"),
        models_hash=_sha256_of(
            {key: node.get("checksum", {}).get("checksum") for key, node in nodes.items()}
        ),
    )


def _refuse_bad_results(results: dict[str, dict[str, Any]]) -> None:
    bad = [one for one in results.values() if one["status"] not in TOLERATED]
    if bad:
        listed = "; ".join(
            f"{_short(one['unique_id'])} ({one['status']}: {_first_line(one.get('message'))})"
            for one in bad[:5]
        )
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        raise PublishError(
            f"The build is not green, so nothing is published: {listed}{more}. "
            "Mend it, run `nines build` again, then publish."
        )


def _refuse_failed_checks(checks: Sequence[CheckResult]) -> None:
    missing = {"landing", "marts"} - {result.stage for result in checks}
    if missing:
        raise PublishError(
            f"No result of the {' and '.join(sorted(missing))} checks was given. "
            "Run `nines check`, then publish."
        )
    failures = [one for result in checks for one in result.failures]
    if failures:
        listed = "\n".join(f"  {one.describe()}" for one in failures)
        raise PublishError(f"Critical expectations failed, so nothing is published:\n{listed}")


def _refuse_outdated_checks(
    connection: duckdb.DuckDBPyConnection, build: Build, checks: Sequence[CheckResult]
) -> None:
    """Refuse when something landed, or was built, since the checks looked."""
    newest = newest_landing(connection)
    for result in checks:
        subject = newest if result.stage == "landing" else build.invocation["invocation_id"]
        if result.subject != subject:
            raise PublishError(
                f"The {result.stage} changed since they were checked. "
                f"Run `nines check --stage {result.stage}`, then publish."
            )


def _refuse_stale_build(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    """Refuse when rows landed that the marts do not hold: as_of would speak of them."""
    landed = _one(
        connection,
        f"select count(*) from {_relation('raw', '_landings')} where status = 'landed' "
        "and _landed_at > cast(? as timestamp) and _landed_at <= cast(? as timestamp)",
        [build.invocation["started_at"].removesuffix("Z"), build.known_at or "9999-12-31"],
    )
    if landed:
        raise PublishError(
            f"{landed} landings are newer than the last build, so the marts do not hold them. "
            "Run `nines build`, then publish."
        )


def _refuse_another_build(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    """Refuse when the run results tell of another dbt command than the warehouse's last."""
    last = None
    if "_invocation" in _tables(connection, "raw"):
        last = _one(connection, f"select invocation_id from {_relation('raw', '_invocation')}")
    if last != build.invocation["invocation_id"]:
        raise PublishError(
            "dbt's last results are not about this warehouse, or something was built in it since. "
            "Run `nines build` with the same NINES_WAREHOUSE and DBT_TARGET_PATH, then publish."
        )


def _refuse_missing_marts(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    found = {
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = current_database()"
        ).fetchall()
    }
    missing = sorted(set(build.marts) - found)
    if missing:
        raise PublishError(
            f"The warehouse has no {missing[0]}, which the last build made. "
            "Is NINES_WAREHOUSE the file that build wrote?"
        )


def _refuse_pseudonyms(connection: duckdb.DuckDBPyConnection, build: Build) -> None:
    """Refuse to publish when a text column of a mart holds a person's pseudonym."""
    raw_tables = _tables(connection, "raw")
    columns = [
        (contract.table, column.name)
        for contract in load_contracts(ROOT)
        if contract.table in raw_tables
        for column in contract.columns
        if (column.person or column.known_name) and column.name in raw_tables[contract.table]
    ]
    if not columns:
        return
    pseudonyms = " union ".join(
        f"select {_quoted(column)} as pseudonym from {_relation('raw', table)}"
        for table, column in columns
    )
    connection.execute(
        f"create temp table pseudonyms as select pseudonym from ({pseudonyms}) "
        "where pseudonym is not null"
    )
    for mart in sorted(build.marts):
        schema, name = mart.split(".")
        for column, data_type in _tables(connection, schema)[name].items():
            if "VARCHAR" not in data_type:
                continue
            text = _quoted(column)
            values = f"unnest({text})" if data_type.endswith("[]") else text
            hits = connection.execute(
                f"select count(*) from (select distinct {values} as value "
                f"from {_relation(schema, name)}) as published "
                "inner join pseudonyms on published.value = pseudonyms.pseudonym"
            ).fetchone()
            if hits and hits[0]:
                raise PublishError(
                    f"{mart}.{column} holds the pseudonyms of {hits[0]} people. "
                    "Per-person columns belong in schema restricted; nothing is published."
                )


# --- reading the warehouse, writing the files ----------------------------------------------------


def _facts(connection: duckdb.DuckDBPyConnection, build: Build) -> dict[str, Any]:
    """Return the instants that say what the marts hold: as_of, and the newest landing in them."""
    as_of = newest = None
    if "int_as_of" in _tables(connection, "intermediate"):
        as_of = _one(connection, f"select as_of from {_relation('intermediate', 'int_as_of')}")
    if "_landings" in _tables(connection, "raw"):
        newest = _one(
            connection,
            f"select max(_landed_at) from {_relation('raw', '_landings')} "
            "where _landed_at <= cast(? as timestamp)",
            [build.known_at or "9999-12-31"],
        )
    return {"as_of": _instant(as_of), "newest_landed_at": _instant(newest)}


def _write_parquet(connection: duckdb.DuckDBPyConnection, mart: str, work: Path) -> dict[str, Any]:
    """Write one mart in the order of its columns, so that the same rows are the same bytes."""
    schema, name = mart.split(".")
    relation = _relation(schema, name)
    path = _parquet(work, mart)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"copy (select * from {relation} order by all) to {_text(path)} "
        "(format parquet, compression zstd)"
    )
    asked = connection.execute(f"describe {relation}").fetchall()
    kept = connection.execute(f"describe from read_parquet({_text(path)})").fetchall()
    for (column, before, *_), (_, after, *_) in zip(asked, kept, strict=True):
        if before != after:
            raise PublishError(
                f"{mart}.{column} is {before}, which Parquet gives back as {after}. "
                "Cast it in the model to a type of its contract."
            )
    rows = _one(connection, f"select count(*) from read_parquet({_text(path)})")
    return {
        "mart": mart,
        "row_count": rows,
        "column_count": len(asked),
        "sha256": _sha256_of_file(path),
    }


def _write_databases(connection: duckdb.DuckDBPyConnection, build: Build, work: Path) -> None:
    """Write nines.duckdb and finance.duckdb from the Parquet files, with dbt's descriptions."""
    everything = [*sorted(build.marts), RESTATEMENTS]
    _write_database(connection, build, work, "nines.duckdb", dict.fromkeys(everything, ""))
    kpis = ", ".join(_text(one) for one in FINANCE_KPIS)
    finance = {
        mart: f"where kpi_id in ({kpis})" if mart == KPI_VALUES else ""
        for mart in sorted(build.marts)
        if mart.startswith("cost.") or mart in (*FINANCE_MARTS, KPI_VALUES)
    }
    _write_database(connection, build, work, "finance.duckdb", finance)


def _write_database(
    connection: duckdb.DuckDBPyConnection,
    build: Build,
    work: Path,
    file_name: str,
    marts: dict[str, str],
) -> None:
    connection.execute(
        f"attach {_text(work / file_name)} as published_file "
        f"(read_write, storage_version '{STORAGE_VERSION}')"
    )
    for mart, condition in marts.items():
        schema, name = mart.split(".")
        relation = _relation("published_file", schema, name)
        connection.execute(f"create schema if not exists published_file.{_quoted(schema)}")
        connection.execute(
            f"create table {relation} as "
            f"from read_parquet({_text(_parquet(work, mart))}) {condition}"
        )
        description, columns = _descriptions(build, mart)
        if condition and description:
            description += " Here: the KPIs of cost only."
        if description:
            connection.execute(f"comment on table {relation} is {_text(description)}")
        for column, meaning in columns.items():
            connection.execute(
                f"comment on column {relation}.{_quoted(column)} is {_text(meaning)}"
            )
    connection.execute("checkpoint published_file")
    connection.execute("detach published_file")


def _descriptions(build: Build, mart: str) -> tuple[str, dict[str, str]]:
    """Return the description of a mart, and of those of its columns that have one."""
    if mart == RESTATEMENTS:
        return _RESTATEMENTS_COMMENT, {name: text for name, _, text in _RESTATEMENT_COLUMNS}
    node = build.marts[mart]
    columns = {
        column["name"]: column["description"].strip()
        for column in node["columns"].values()
        if column.get("description")
    }
    return (node.get("description") or "").strip(), columns


# --- restatements --------------------------------------------------------------------------------


def _find_restatements(
    connection: duckdb.DuckDBPyConnection,
    build: Build,
    work: Path,
    *,
    version: str,
    previous: Path | None,
) -> list[dict[str, Any]]:
    """Fill the temp table `restatements`: those of earlier publications, and this one's.

    Compared are the periods that the previous publication gave as complete. Doubles are the same
    within 1e-9 of the greater one. Returns this publication's rows, JSON-ready.
    """
    columns = ", ".join(f"{name} {data_type}" for name, data_type, _ in _RESTATEMENT_COLUMNS)
    connection.execute(f"create temp table restatements ({columns})")
    if previous is None:
        return []
    earlier = _parquet(previous, RESTATEMENTS)
    if earlier.exists():
        connection.execute(f"insert into restatements by name from read_parquet({_text(earlier)})")
    if KPI_VALUES not in build.marts or not _parquet(previous, KPI_VALUES).exists():
        return []
    before = read_manifest(previous)
    connection.execute(
        f"""
        create temp table restated as
        with
        previous as (
            select * from read_parquet({_text(_parquet(previous, KPI_VALUES))}) where is_complete
        ),
        published_periods as (
            select distinct kpi_id, period_grain, period_start_date from previous
        ),
        newest as (
            select kpi_values.*
            from read_parquet({_text(_parquet(work, KPI_VALUES))}) as kpi_values
            inner join published_periods using (kpi_id, period_grain, period_start_date)
        )
        select
            kpi_id,
            period_grain,
            period_start_date,
            coalesce(newest.period_end_date, previous.period_end_date) as period_end_date,
            scope_type,
            scope_id,
            cast(previous.value as double) as previous_value,
            cast(newest.value as double) as new_value
        from previous
        full join newest using (kpi_id, period_grain, period_start_date, scope_type, scope_id)
        where
            (previous.value is null) <> (newest.value is null)
            or abs(previous.value - newest.value)
            > 1e-9 * greatest(1, abs(previous.value), abs(newest.value))
        """
    )
    _count_landed_since(connection, before["newest_landed_at"])
    connection.execute(
        """
        insert into restatements by name
        with
        landed as (
            select
                restated.kpi_id,
                restated.period_grain,
                restated.period_start_date,
                restated.scope_type,
                restated.scope_id,
                landed_since.table_name,
                landed_since.event_date is null as is_undated,
                sum(landed_since.row_count) as row_count
            from restated
            inner join landed_since
                on
                    landed_since.event_date is null
                    or (
                        landed_since.event_date >= restated.period_start_date
                        and landed_since.event_date < restated.period_end_date
                    )
            group by all
        ),
        summed as (
            select
                kpi_id,
                period_grain,
                period_start_date,
                scope_type,
                scope_id,
                sum(row_count) filter (where not is_undated) as landed_record_count,
                string_agg(
                    table_name || ': ' || row_count || if(is_undated, ' (no instant)', ''),
                    ', ' order by is_undated, table_name
                ) as landed_records
            from landed
            group by all
        )
        select
            ? as version,
            ? as previous_version,
            restated.*,
            cast(coalesce(summed.landed_record_count, 0) as bigint) as landed_record_count,
            coalesce(summed.landed_records, 'none') as landed_records,
            ? as are_definitions_changed
        from restated
        left join summed using (kpi_id, period_grain, period_start_date, scope_type, scope_id)
        """,
        [version, previous.name, before["project"]["models_hash"] != build.models_hash],
    )
    names = [name for name, _, _ in _RESTATEMENT_COLUMNS]
    rows = connection.execute(
        f"select {', '.join(names)} from restatements where version = ? order by all", [version]
    ).fetchall()
    return [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _count_landed_since(connection: duckdb.DuckDBPyConnection, since: str | None) -> None:
    """Fill the temp table `landed_since`: rows per raw table and day of event (null: undated)."""
    connection.execute(
        "create temp table landed_since (table_name string, event_date date, row_count bigint)"
    )
    raw_tables = _tables(connection, "raw")
    for contract in load_contracts(ROOT):
        if contract.table not in raw_tables:
            continue
        instants = [
            f"cast({_quoted(column.name)} as date)"
            for column in contract.columns
            if column.event_time
        ]
        event_date = f"coalesce({', '.join(instants)})" if instants else "null"
        connection.execute(
            f"insert into landed_since select ?, {event_date}, count(*) "
            f"from {_relation('raw', contract.table)} "
            "where _landed_at > cast(? as timestamp) group by all",
            [contract.table, (since or "0001-01-01").removesuffix("Z")],
        )


def _write_parquet_of_restatements(connection: duckdb.DuckDBPyConnection, work: Path) -> None:
    path = _parquet(work, RESTATEMENTS)
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"copy (select * from restatements order by all) to {_text(path)} "
        "(format parquet, compression zstd)"
    )


# --- versions on disk ----------------------------------------------------------------------------


@contextmanager
def _only_publisher(published: Path) -> Iterator[Path]:
    """Hold the folder's lock and give a hidden, empty folder to work in; clear it at the end."""
    with (published / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishError(
                f"Something else is publishing to {published}; wait for it."
            ) from None
        # Whoever left one of these behind was killed: the lock is ours.
        for leftover in published.glob(".publishing*"):
            leftover.unlink() if leftover.is_symlink() else shutil.rmtree(leftover)
        work = published / ".publishing"
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _put_in_place(published: Path, work: Path, manifest: dict[str, Any]) -> Publication:
    """Write the manifest, move the finished folder to its name, and swap `current` to it."""
    shutil.rmtree(work / "spill", ignore_errors=True)
    files = sorted(path for path in work.rglob("*") if path.is_file())
    manifest["files"] = {
        path.relative_to(work).as_posix(): {
            "sha256": _sha256_of_file(path),
            "size_bytes": path.stat().st_size,
        }
        for path in files
    }
    (work / "manifest.json").write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    # On disk before it has a name: after a power cut a name never stands for half a file.
    for path in [work, *work.rglob("*")]:
        _sync(path)
    version = published / manifest["version"]
    work.rename(version)
    _sync(published)
    if not manifest["known_at"]:
        link = published / ".publishing-link"
        link.symlink_to(version.name)
        link.replace(published / "current")
        _sync(published)
    _shrink_old_versions(published)
    return Publication(version, is_new=True, restatement_count=len(manifest["restatements"]))


def _already_published(published: Path, content_hash: str, known_at: str | None) -> Path | None:
    """Return the version that holds this very content: the current one, or of a past review any."""
    now = current(published)
    candidates = [now] if now else []
    if known_at:
        candidates = [path for path in _versions(published) if (path / "nines.duckdb").exists()]
    for path in candidates:
        manifest = read_manifest(path)
        if manifest["content_hash"] == content_hash and manifest["known_at"] == known_at:
            return path
    return None


def _next_version(published: Path, stamp: datetime, content_hash: str) -> str:
    """Return the name of the version to be; it sorts after every one there is."""
    version = f"{stamp:%Y%m%dT%H%M%SZ}-{content_hash[:10]}"
    newest = max((path.name for path in _versions(published)), default="")
    if version <= newest:
        raise PublishError(
            f"The newest publication, {newest}, is not older than this one, {version}. "
            "Publish again in a second, or set the clock right."
        )
    return version


def _versions(published: Path) -> list[Path]:
    """Return the folders of all publications, oldest first."""
    return sorted(path for path in published.iterdir() if _VERSION_NAME.fullmatch(path.name))


def _shrink_old_versions(published: Path) -> None:
    """Apply the retention rule of this module's first lines."""
    now = current(published)
    whole = [path for path in _versions(published) if (path / "nines.duckdb").exists()]
    main, past = [], []
    for path in whole:
        (past if read_manifest(path)["known_at"] else main).append(path)
    last_of_quarter = {(path.name[:4], (int(path.name[4:6]) - 1) // 3): path for path in main}
    kept = {now, *main[-WHOLE_VERSIONS:], *past[-WHOLE_VERSIONS:], *last_of_quarter.values()}
    for path in whole:
        if path in kept or path.resolve() in kept:
            continue
        # The database goes last: with it there, a shrinking that was cut short is done again.
        for mart in (path / "parquet").rglob("*.parquet"):
            if mart != _parquet(path, KPI_VALUES):
                mart.unlink()
        (path / "finance.duckdb").unlink(missing_ok=True)
        (path / "nines.duckdb").unlink()


# --- small things --------------------------------------------------------------------------------


def _content_hash(
    facts: dict[str, Any],
    marts: list[dict[str, Any]],
    build: Build,
    warnings: list[dict[str, Any]],
) -> str:
    """Return the hash of what a reader sees: rows, descriptions, as_of, and warnings."""
    shown = sorted((one["name"], one["table"], one["observed"]) for one in warnings)
    return _sha256_of(
        {
            "as_of": facts["as_of"],
            "known_at": build.known_at,
            "marts": {one["mart"]: one["sha256"] for one in marts},
            "descriptions": {one["mart"]: _descriptions(build, one["mart"]) for one in marts},
            "warnings": shown,
        }
    )


def _project(build: Build) -> dict[str, Any]:
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    return {
        "name": settings["name"],
        "version": str(settings["version"]),
        "models_hash": build.models_hash,
    }


def _variable(run: dict[str, Any], name: str) -> str | None:
    """Return a dbt variable as the run had it: from the command, else from dbt_project.yml."""
    given = run.get("args", {}).get("vars") or {}
    if isinstance(given, str):
        given = yaml.safe_load(given) or {}
    if name in given:
        return given[name] and str(given[name])
    settings = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    value = settings.get("vars", {}).get(name)
    return value and str(value)


def _as_warning(result: dict[str, Any]) -> dict[str, Any]:
    """Return a dbt test that warned in the shape of an expectation's outcome."""
    return {
        "name": _short(result["unique_id"]),
        "severity": "warning",
        "table": "dbt",
        "success": False,
        "observed": _first_line(result.get("message")),
        "advice": "Run `dbt test --select` with this name to see the rows.",
        "column": None,
        "unexpected": [],
        "unexpected_count": result.get("failures") or 0,
    }


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, dict[str, str]]:
    """Return the columns and their types, by table, of one schema of the warehouse."""
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? "
        "order by table_name, column_index",
        [schema],
    ).fetchall():
        tables.setdefault(table, {})[column] = data_type
    return tables


def _one(connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[object] = ()) -> Any:  # noqa: ANN401
    row = connection.execute(query, list(values)).fetchone()
    return row[0] if row else None


def _parquet(version: Path, mart: str) -> Path:
    schema, name = mart.split(".")
    return version / "parquet" / schema / f"{name}.parquet"


def _relation(*names: str) -> str:
    return ".".join(_quoted(name) for name in names)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _short(unique_id: str) -> str:
    """Return the part of dbt's unique id that its --select knows."""
    return unique_id.split(".")[2]


def _first_line(message: str | None) -> str:
    return (message or "no message").strip().splitlines()[0]


def _instant(value: datetime | None) -> str | None:
    """Return an instant as ISO text that ends in Z."""
    if value is None:
        return None
    return value.replace(tzinfo=None).isoformat() + "Z"


def _plain(value: object) -> Any:  # noqa: ANN401
    """Return a value JSON knows."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _sha256_of(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
