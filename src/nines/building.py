"""Run dbt in this process: build the models and their tests, and read what the last build said."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nines.warehouse import ROOT, located, warehouse_path

RUN_RESULTS = "run_results.json"
UNIT_TESTED = "unit_tested.sha256"
# What a unit test's outcome depends on: it sees no landed data.
CODE = ("dbt_project.yml", "requirements.lock", "macros", "models", "seeds", "tests/generic")
# A data test of severity warn ends as `warn`: shown, and no reason to hold a publication back.
TOLERATED = {"success", "pass", "no-op", "warn"}


class BuildError(Exception):
    """The project could not be built; the message says which node and what to do."""


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test: its dbt id, status and message."""

    unique_id: str
    status: str
    message: str


@dataclass(frozen=True)
class Build:
    """One dbt invocation: its id, whether it covered the whole project, and every node's result."""

    invocation_id: str
    is_whole: bool
    results: tuple[NodeResult, ...]

    @property
    def failures(self) -> tuple[NodeResult, ...]:
        """Nodes that failed or were skipped because of one that did."""
        return tuple(result for result in self.results if result.status not in TOLERATED)

    @property
    def warnings(self) -> tuple[NodeResult, ...]:
        """Tests of severity warn that found rows."""
        return tuple(result for result in self.results if result.status == "warn")


def target_path() -> Path:
    """Return dbt's target folder: `DBT_TARGET_PATH`, by default target/."""
    return located("DBT_TARGET_PATH", "target")


@contextmanager
def _dbt_environment() -> Iterator[None]:
    """Give dbt absolute paths, so that it builds the same warehouse from any working folder."""
    wanted = {
        "NINES_WAREHOUSE": str(warehouse_path()),
        "NINES_LAKE": str(located("NINES_LAKE", "data/lake")),
        "NINES_SPARK_WAREHOUSE": str(located("NINES_SPARK_WAREHOUSE", "data/spark")),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def build(
    *,
    select: str | None = None,
    full_refresh: bool = False,
    as_of: str | None = None,
    known_at: str | None = None,
    target: str = "duckdb",
    command: str = "build",
    report: Callable[[int, int, str, str], None] | None = None,
) -> Build:
    """Run `dbt build` (or another command) on the project and return every node's result.

    `as_of` and `known_at` are ISO instants, UTC where they state no offset. `report` is called
    after each node with its place, the number of nodes, its name and its status. Unit tests judge
    the code and see no landed data: code that has passed them is not put to them again. Raises
    BuildError when dbt could not start or parse the project; a node that fails is a result, not an
    exception.
    """
    # dbt takes seconds to import: only those who build pay for it.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    def watch(event: Any) -> None:  # noqa: ANN401 - dbt's protobuf message
        if report and event.info.name in {"LogModelResult", "LogTestResult", "LogSeedResult"}:
            data = event.data
            node = data.node_info
            # dbt's events call the number of nodes by two names.
            total = data.num_models if event.info.name == "LogTestResult" else data.total
            report(data.index, total, node.node_name, str(data.status))

    arguments = [command, "--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    arguments += ["--target", target, "--target-path", str(target_path())]
    arguments += ["--log-path", str(target_path() / "logs")]
    variables = {"as_of": as_of, "known_at": known_at}
    if any(variables.values()):
        given = {name: utc(value) for name, value in variables.items() if value}
        arguments += ["--vars", json.dumps(given)]
    if select:
        arguments += ["--select", *select.split()]
    if full_refresh:
        arguments += ["--full-refresh"]
    is_unit_tested = unit_tests_passed(target_path())
    if target == "spark":
        # A test costs a second there, and judges the same rows here: the engines' marts are equal.
        arguments += ["--resource-type", "seed", "--resource-type", "model"]
    elif command == "build" and is_unit_tested and not select:
        arguments += ["--exclude-resource-type", "unit_test"]
    target_path().mkdir(parents=True, exist_ok=True)
    if target == "duckdb":
        warehouse_path().parent.mkdir(parents=True, exist_ok=True)
    with _dbt_environment():
        try:
            outcome = dbtRunner(callbacks=[watch]).invoke(["--quiet", *arguments])
        finally:
            _release(target)
    if outcome.exception:
        raise BuildError(f"dbt could not {command} the project: {outcome.exception}")
    if not hasattr(outcome.result, "results"):
        return Build(invocation_id="", is_whole=False, results=())
    built = last_build()
    if built.is_whole and not built.failures and not is_unit_tested:
        (target_path() / UNIT_TESTED).write_text(code_fingerprint())
    return built


def utc(instant: str) -> str:
    """Return an ISO instant as UTC without an offset, which a cast in the engine would drop."""
    try:
        moment = datetime.fromisoformat(instant)
    except ValueError:
        raise BuildError(f"{instant!r} is no instant such as 2026-07-01T00:00:00.") from None
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat()


def code_fingerprint() -> str:
    """Return the SHA-256 of all that unit tests judge: models, macros, seeds and settings."""
    digest = hashlib.sha256()
    for name in CODE:
        place = ROOT / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                content = path.read_bytes()
                digest.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()


def unit_tests_passed(target: Path) -> bool:
    """Return whether a whole build with this target folder ran this very code's unit tests."""
    path = target / UNIT_TESTED
    return path.exists() and path.read_text() == code_fingerprint()


def _release(target: str) -> None:
    """Close dbt's connections, so that readers in this process can open the file."""
    if target == "duckdb":
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

        DuckDBConnectionManager.close_all_connections()


def last_build() -> Build:
    """Return the build that dbt's run results tell of, whoever started it.

    Raises BuildError when the project was never built.
    """
    path = target_path() / RUN_RESULTS
    if not path.exists():
        raise BuildError(f"{path} is missing: the project was never built. Run `nines build`.")
    told = json.loads(path.read_text())
    arguments = told.get("args", {})
    narrowed = any(
        arguments.get(name) for name in ("select", "exclude", "selector", "resource_types")
    )
    return Build(
        invocation_id=told["metadata"]["invocation_id"],
        is_whole=arguments.get("which") == "build" and not narrowed,
        results=tuple(
            NodeResult(node["unique_id"], str(node["status"]), node.get("message") or "")
            for node in told["results"]
        ),
    )
