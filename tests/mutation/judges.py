"""Who may catch a mutation, cheapest first: unit tests, data tests, the sample's own story."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from nines import building
from nines.landing import land
from nines.warehouse import ROOT

EXPORTS = ROOT / "tests" / "sample_exports"
# What dbt reads; the exports beside it are landed from where they are.
PROJECT = (
    *("dbt_project.yml", "profiles.yml", "macros", "models", "seeds"),
    *("tests/generic", "tests/macros", "tests/reconciliation"),
)
# Suites that hold the sample company's marts against the story its exports were written to tell.
STORIES = ("tests/python/test_sample_incidents.py",)


class PreparationError(Exception):
    """The right models do not pass, so that nothing can be said of wrong ones."""


@dataclass(frozen=True)
class Verdict:
    """What became of a mutation: `caught`, `survived` or `broken`, and by which test."""

    outcome: str
    by: str = ""


SURVIVED = Verdict("survived")


@dataclass(frozen=True)
class Node:
    """What dbt says of one node: its id, its status, and what went wrong."""

    unique_id: str
    status: str
    message: str

    @property
    def name(self) -> str:
        """The node's name without the kind, the package and, for a unit test, the model."""
        kind, _, name, *rest = self.unique_id.split(".")
        return f"{kind.replace('_', ' ')} {rest[0] if kind == 'unit_test' else name}"


@dataclass(frozen=True)
class Bench:
    """The sample company built with the right models, and a copy of the project to do harm to."""

    folder: Path

    @property
    def project(self) -> Path:
        """The copy of what dbt reads."""
        return self.folder / "project"

    @property
    def right_warehouse(self) -> Path:
        """The warehouse that the right models built."""
        return self.folder / "right" / "nines.duckdb"

    @property
    def spoilt(self) -> Path:
        """The folder of the warehouse that a wrong model may write to."""
        return self.folder / "spoilt"

    def renew(self) -> None:
        """Put a copy of the right warehouse where the wrong models write."""
        DuckDBConnectionManager.close_all_connections()
        self.spoilt.mkdir(exist_ok=True)
        shutil.copyfile(self.right_warehouse, self.spoilt / "nines.duckdb")

    def dbt(self, *arguments: str) -> list[Node]:
        """Run dbt on the copied project and the spoilt warehouse; return what became of its nodes.

        A project that dbt cannot read is one node in error.
        """
        nodes = []

        def watch(event: Any) -> None:
            if event.info.name == "NodeFinished":
                info, result = event.data.node_info, event.data.run_result
                nodes.append(Node(info.unique_id, str(result.status), result.message))

        places = ["--project-dir", self.project, "--profiles-dir", self.project]
        places += ["--target-path", self.folder / "target", "--log-path", self.folder / "logs"]
        with variables(NINES_WAREHOUSE=self.spoilt / "nines.duckdb"):
            try:
                outcome = dbtRunner(callbacks=[watch]).invoke(
                    ["--quiet", "--log-level", "none", *arguments, *map(str, places)]
                )
            finally:
                DuckDBConnectionManager.close_all_connections()
        if outcome.exception and not nodes:
            nodes.append(Node("project", "error", str(outcome.exception)))
        return nodes


@contextmanager
def variables(**values: object) -> Iterator[None]:
    """Set environment variables for a while, and put the old ones back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update({name: str(value) for name, value in values.items()})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def prepared(folder: Path, say: Callable[[str], object]) -> Bench:
    """Return a bench whose right models pass every test; reuse the one that lies there.

    Raises PreparationError when they do not pass.
    """
    bench = Bench(folder)
    copy_project(bench.project)
    mark = folder / "right" / "fingerprint"
    fingerprint = bench_fingerprint(bench.project)
    if mark.exists() and mark.read_text() == fingerprint:
        return bench
    say("Building the sample company with the right models (about a minute) …")
    shutil.rmtree(folder / "right", ignore_errors=True)
    bench.right_warehouse.parent.mkdir(parents=True)
    with variables(NINES_WAREHOUSE=bench.right_warehouse, NINES_SALT="a salt for tests only"):
        if land(EXPORTS).exit_status:
            raise PreparationError(f"{EXPORTS} does not land: nines land {EXPORTS}")
    bench.renew()
    if failures := [node for node in bench.dbt("build") if node.status not in building.TOLERATED]:
        first = failures[0]
        raise PreparationError(f"the right models fail: {first.unique_id}: {first.message}")
    shutil.copyfile(bench.spoilt / "nines.duckdb", bench.right_warehouse)
    if (verdict := judged_by_stories("", bench)) != SURVIVED:
        raise PreparationError(f"the right models fail: {verdict.by}")
    mark.write_text(fingerprint)
    return bench


def copy_project(place: Path) -> None:
    """Copy what dbt reads; a file that did not change keeps its place in dbt's partial parse."""
    wanted = set()
    for name in PROJECT:
        source = ROOT / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                copy = place / path.relative_to(ROOT)
                wanted.add(copy)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    for path in place.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()


def bench_fingerprint(project: Path) -> str:
    """Return the SHA-256 of all that the right warehouse and its tests are made of."""
    digest = hashlib.sha256()
    for folder in (project, EXPORTS, ROOT / "src" / "nines" / "landing", ROOT / "tests" / "python"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def judged_by_unit_tests(model: str, bench: Bench) -> Verdict:
    """Put the model to its own unit tests: those of other models never run it."""
    return verdict_on(bench.dbt("test", "--select", f"{model},test_type:unit"))


def judged_by_data_tests(model: str, bench: Bench) -> Verdict:
    """Build the model and all that reads it, with the data tests and reconciliations of these."""
    return verdict_on(
        bench.dbt(
            *("build", "--select", f"{model}+", "--exclude-resource-type", "unit_test"),
            *("--fail-fast",),
        )
    )


def judged_by_stories(model: str, bench: Bench) -> Verdict:
    """Hold the marts just built against the story of the sample company."""
    with variables(NINES_SAMPLE_COMPANY=bench.spoilt):
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider",
             *STORIES],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if told.returncode == 0:
        return SURVIVED
    failed = [line for line in told.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return Verdict("caught", failed[0].split("::")[-1].split(" - ")[0] if failed else "pytest")


JUDGES: tuple[Callable[[str, Bench], Verdict], ...] = (
    judged_by_unit_tests,
    judged_by_data_tests,
    judged_by_stories,
)


def verdict_on(nodes: Sequence[Node]) -> Verdict:
    """Return `caught` by the first test or constraint that failed, or what else dbt came to."""
    for node in nodes:
        if node.status == "fail" or "Constraint Error" in node.message:
            return Verdict("caught", node.name)
    for node in nodes:
        if node.status == "error":
            return Verdict("broken", f"{node.name}: {node.message}")
    return SURVIVED
