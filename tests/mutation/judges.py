"""Who may catch a mutation, cheapest first: unit tests, data tests, stories, the oracle."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from nines import building
from nines.landing import land
from nines.warehouse import ROOT
from oracle.comparing import compare
from oracle.running import SimulatedCompany, simulated
from support import SAMPLE_EXPORTS, environment

SAMPLE, SIMULATED = "sample", "simulated"
# What the companies are made with and held against.
PROJECT = ("dbt_project.yml", "macros", "models", "seeds", "tests/generic", "src/nines/landing")
MADE_WITH = {
    SAMPLE: ("tests/sample_exports", "tests/macros", "tests/reconciliation", "tests/python"),
    SIMULATED: ("src/nines/simulation", "tests/python/oracle"),
}
# A year and a quarter, so that the year before has values too.
SERVICES, DAYS = 10, 460
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
    """Two companies built with the right models, and the parsed project to do harm to."""

    folder: Path
    manifest: Manifest

    @contextmanager
    def with_model(self, name: str, change: Callable[[str], str]) -> Iterator[None]:
        """Change one model's SQL in memory for a while; its file stays as it is."""
        node = self.manifest.nodes[f"model.nines.{name}"]
        right = node.raw_code
        node.raw_code = change(right)
        try:
            yield
        finally:
            node.raw_code = right

    def right(self, company: str) -> Path:
        """Return the warehouse that the right models built."""
        return self.folder / "right" / company / "nines.duckdb"

    def spoilt(self, company: str) -> Path:
        """Return the warehouse that a wrong model may write to."""
        return self.folder / "spoilt" / company / "nines.duckdb"

    def renew(self, company: str) -> None:
        """Put a copy of the right warehouse where the wrong models write."""
        DuckDBConnectionManager.close_all_connections()
        self.spoilt(company).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.right(company), self.spoilt(company))

    def dbt(self, company: str, *arguments: str) -> list[Node]:
        """Run dbt on a spoilt warehouse and return what became of the nodes."""
        nodes = []

        def watch(event: Any) -> None:
            if event.info.name == "NodeFinished":
                info, result = event.data.node_info, event.data.run_result
                nodes.append(Node(info.unique_id, str(result.status), result.message))

        with environment(NINES_WAREHOUSE=str(self.spoilt(company))):
            outcome = invoke(dbtRunner(self.manifest, [watch]), self.folder, *arguments)
        if outcome.exception and not nodes:
            nodes.append(Node("project", "error", str(outcome.exception)))
        return nodes


def invoke(runner: dbtRunner, folder: Path, *arguments: str) -> dbtRunnerResult:
    """Run dbt on this project in silence, everything it writes going to the folder."""
    places = ["--project-dir", ROOT, "--profiles-dir", ROOT]
    places += ["--target-path", folder / "target", "--log-path", folder / "logs"]
    try:
        return runner.invoke(["--quiet", "--log-level", "none", *arguments, *map(str, places)])
    finally:
        DuckDBConnectionManager.close_all_connections()


def prepared(folder: Path, say: Callable[[str], object]) -> Bench:
    """Return a bench whose right models pass every test; reuse the one that lies there.

    Raises PreparationError when they do not pass.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parsed = invoke(dbtRunner(), folder, "parse")
    if not parsed.success:
        raise PreparationError(f"dbt cannot read the project: {parsed.exception}")
    bench = Bench(folder, parsed.result)
    for company, prepare in ((SAMPLE, prepare_sample), (SIMULATED, prepare_simulated)):
        place = bench.right(company).parent
        mark = place / "fingerprint"
        fingerprint = fingerprint_of(company)
        if not mark.exists() or mark.read_text() != fingerprint:
            say(f"Building the {company} company with the right models …")
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            prepare(bench)
            mark.write_text(fingerprint)
    return bench


def prepare_sample(bench: Bench) -> None:
    """Land and build the sample company; raise PreparationError unless every test passes."""
    with environment(NINES_WAREHOUSE=str(bench.right(SAMPLE)), NINES_SALT="a salt for tests only"):
        if land(SAMPLE_EXPORTS).exit_status:
            raise PreparationError("the sample does not land: nines land tests/sample_exports")
    bench.renew(SAMPLE)
    nodes = bench.dbt(SAMPLE, "build")
    if failed := [node for node in nodes if node.status not in building.TOLERATED]:
        raise PreparationError(f"the right models fail: {failed[0].name}: {failed[0].message}")
    shutil.copyfile(bench.spoilt(SAMPLE), bench.right(SAMPLE))
    if (verdict := judged_by_stories("", bench)) != SURVIVED:
        raise PreparationError(f"the right models fail: {verdict.by}")


def prepare_simulated(bench: Bench) -> None:
    """Simulate a company and build it; raise PreparationError unless the oracle agrees."""
    folder = bench.right(SIMULATED).parent
    company = simulated(folder, seed=7, services=SERVICES, days=DAYS, is_dirty=True)
    if differences := compare(company.warehouse, company.truth).differences:
        raise PreparationError(f"the right models differ from the oracle: {differences[0]}")


def fingerprint_of(company: str) -> str:
    """Return the SHA-256 of all that the company's right warehouse is made of and proven by."""
    digest = hashlib.sha256()
    for name in (*PROJECT, *MADE_WITH[company]):
        place = ROOT / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix != ".pyc":
                text = path.read_bytes()
                if company == SIMULATED and path.suffix == ".yml":
                    # Unit tests say nothing of a company; with new ones it is the same.
                    text = text.partition(b"\nunit_tests:")[0]
                digest.update(f"{path.relative_to(ROOT)} {len(text)}\n".encode())
                digest.update(text)
    return digest.hexdigest()


def judged_by_unit_tests(model: str, bench: Bench) -> Verdict:
    """Put the model to its own unit tests: those of other models never run it."""
    bench.renew(SAMPLE)
    return verdict_on(bench.dbt(SAMPLE, "test", "--select", f"{model},test_type:unit"))


def judged_by_data_tests(model: str, bench: Bench) -> Verdict:
    """Build the model and all that reads it, with the data tests and reconciliations of these."""
    return verdict_on(
        bench.dbt(
            *(SAMPLE, "build", "--select", f"{model}+", "--exclude-resource-type", "unit_test"),
            *("--fail-fast",),
        )
    )


def judged_by_stories(model: str, bench: Bench) -> Verdict:
    """Hold the marts just built against the story of the sample company."""
    with environment(NINES_SAMPLE_COMPANY=str(bench.spoilt(SAMPLE).parent)):
        told = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider",
             *STORIES],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    if told.returncode == 0:
        return SURVIVED
    failed = [line for line in told.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return Verdict("caught", failed[0].split("::")[-1].split(" - ")[0] if failed else "pytest")


def judged_by_oracle(model: str, bench: Bench) -> Verdict:
    """Build the simulated company with the changed model and hold it against its truth."""
    bench.renew(SIMULATED)
    verdict = verdict_on(bench.dbt(SIMULATED, "run", "--select", f"{model}+"))
    if verdict == SURVIVED:
        truth = SimulatedCompany(bench.right(SIMULATED).parent).truth
        for difference in compare(bench.spoilt(SIMULATED), truth).differences:
            return Verdict("caught", f"oracle: {difference}")
    return verdict


JUDGES: tuple[Callable[[str, Bench], Verdict], ...] = (
    judged_by_unit_tests,
    judged_by_data_tests,
    judged_by_stories,
    judged_by_oracle,
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
