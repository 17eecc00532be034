"""The command line: each command does one step of the flow, and `run` does them all."""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nines import building, warehouse
from nines.building import Build, BuildError
from nines.expectations.outcomes import CheckResult, Stage
from nines.wording import Quarter

# The heavy modules (checks, reports, landing) are imported by the command that uses them: help
# and errors should not wait for them.

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Land raw exports, build reliability marts, publish them, render the review.",
)
MOST_FAILURES_SHOWN = 20

out = Console(soft_wrap=True, highlight=False)
complaints = Console(stderr=True, soft_wrap=True, highlight=False)

Exports = Annotated[
    Path, typer.Argument(help="The exports folder: one folder per system.", show_default=False)
]
Period = Annotated[
    str | None, typer.Option(help="Such as 2026Q3; by default the newest complete quarter.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Unknown files are an error.")]
AsOf = Annotated[
    str | None, typer.Option(help="Compute at this UTC instant, not at the newest event.")
]
KnownAt = Annotated[
    str | None, typer.Option(help="Leave out what was landed after this UTC instant.")
]


class Refused(Exception):
    """A step ended without doing what was asked; the message says why and what to do."""


def say(text: str) -> None:
    """Print one line; text from files is data, never markup."""
    out.print(text, markup=False)


def complain(text: str) -> None:
    """Print one line to standard error."""
    complaints.print(text, markup=False)


@contextmanager
def progress_of_build() -> Iterator[Callable[[int, int, str, str], None]]:
    """Show a bar on a terminal; elsewhere one plain line for every tenth of the work."""
    if out.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as bars:
            task = bars.add_task("Building", total=None)

            def draw(place: int, total: int, name: str, status: str) -> None:
                bars.update(task, completed=place, total=total, description=f"Building {name}")

            yield draw
    else:
        told = 0

        def tell(place: int, total: int, name: str, status: str) -> None:
            nonlocal told
            tenths = 10 * place // max(total, 1)
            if tenths > told:
                told = tenths
                say(f"  {place} of {total} built and tested")

        yield tell


def _refuse_unreadable(period: str | None, *instants: str | None) -> None:
    """Refuse a period or an instant that cannot be read before any work is done for it."""
    if period is not None:
        try:
            Quarter.named(period)
        except ValueError as fault:
            raise Refused(str(fault)) from None
    for instant in instants:
        try:
            datetime.fromisoformat(instant or "2000-01-01")
        except ValueError:
            raise Refused(
                f"{instant!r} is not an instant; write it like 2026-07-01T00:00:00."
            ) from None


def _land(exports: Path, strict: bool) -> int:
    from nines.landing import land  # noqa: PLC0415

    result = land(exports, strict=strict, report=say)
    return result.exit_status


def _check(stage: Stage) -> CheckResult:
    """Run one stage's suites and print what they found."""
    from nines.expectations import check  # noqa: PLC0415

    result = check(warehouse.warehouse_path(), stage=stage)
    for outcome in result.warnings:
        say(f"  warning: {outcome.describe()}")
    for outcome in result.failures:
        complain(f"  critical: {outcome.describe()}")
    say(
        f"Checked the {stage}: {len(result.outcomes)} expectations, "
        f"{len(result.failures)} critical failures, {len(result.warnings)} warnings"
        + (f"; details in {result.docs}" if result.docs else "")
        + "."
    )
    return result


def _build(
    select: str | None = None,
    full_refresh: bool = False,
    as_of: str | None = None,
    known_at: str | None = None,
    target: str = "duckdb",
) -> Build:
    with progress_of_build() as report:
        built = building.build(
            select=select,
            full_refresh=full_refresh,
            as_of=as_of,
            known_at=known_at,
            target=target,
            report=report,
        )
    for node in built.warnings:
        say(f"  warning: {node.unique_id}: {node.message}")
    failed = [node for node in built.failures if node.status != "skipped"]
    for node in failed[:MOST_FAILURES_SHOWN]:
        complain(f"  {node.status}: {node.unique_id}: {node.message}")
    if built.failures:
        skipped = len(built.failures) - len(failed)
        raise Refused(
            f"{len(failed)} of {len(built.results)} models and tests failed, and {skipped} were "
            f"skipped for them; nothing is published. Mend the first ones; their queries are "
            f"under {building.target_path()}."
        )
    say(f"Built: {len(built.results)} models, seeds and tests passed.")
    return built


def _publish(checks: list[CheckResult]) -> None:
    from nines.publishing import publish, published_path  # noqa: PLC0415

    publication = publish(
        warehouse.warehouse_path(),
        published_path(),
        target=building.target_path(),
        checks=checks,
    )
    say(publication.describe())


def _review(period: str | None) -> Path:
    from nines.reports import review as render  # noqa: PLC0415

    return render(
        warehouse.located("NINES_PUBLISHED", "data/published"),
        period,
        warehouse.located("NINES_REPORTS", "reports"),
    )


@app.command()
def land(exports: Exports, strict: Strict = False) -> None:
    """Land the files of an exports folder that are new or changed.

    Exit status 1 when a file was refused; the other files have landed all the same.

    **Example:** `nines land tests/sample_exports`
    """
    raise typer.Exit(_land(exports, strict))


@app.command()
def check(
    stage: Annotated[
        Stage | None, typer.Option(help="By default both.", show_default=False)
    ] = None,
) -> None:
    """Judge what only a set of rows shows: volume, drift, freshness, sums.

    Exit status 1 when a critical expectation fails; a warning is shown and goes into the review.

    **Example:** `nines check --stage landing`
    """
    stages: list[Stage] = [stage] if stage else ["landing", "marts"]
    results = [_check(name) for name in stages]
    raise typer.Exit(0 if all(result.success for result in results) else 1)


@app.command()
def build(
    select: Annotated[str | None, typer.Option(help="dbt's node selection.")] = None,
    full_refresh: Annotated[bool, typer.Option("--full-refresh")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    target: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
) -> None:
    """Build and test the models; the same as `dbt build`, with shorter words.

    **Example:** `nines build --as-of 2026-07-01T00:00:00`
    """
    _refuse_unreadable(None, as_of, known_at)
    _build(select, full_refresh, as_of, known_at, target)


@app.command()
def publish() -> None:
    """Publish the built marts as a new version, if every test and critical check passed.

    **Example:** `nines publish`
    """
    _publish([_check("landing"), _check("marts")])


@app.command()
def review(period: Period = None) -> None:
    """Render the quarterly review from the published marts and print its path.

    **Example:** `nines review --period 2026Q3`
    """
    say(str(_review(period)))


@app.command()
def run(
    exports: Exports,
    period: Period = None,
    strict: Strict = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """Land, check, build, check, publish, review: everything, in order.

    A refused file does not stop the others, and shows in the exit status; a failed test or a
    critical check stops before anything is published.

    **Example:** `nines run tests/sample_exports --period 2026Q3`
    """
    _refuse_unreadable(period, as_of, known_at)
    say("1/6  Landing")
    landed = _land(exports, strict)
    say("2/6  Checking what landed")
    on_landing = _check("landing")
    if not on_landing.success:
        raise Refused("A critical check of the landed data failed; nothing was built or published.")
    say("3/6  Building")
    _build(as_of=as_of, known_at=known_at)
    say("4/6  Checking the marts")
    on_marts = _check("marts")
    if not on_marts.success:
        raise Refused("A critical check of the marts failed; nothing was published.")
    say("5/6  Publishing")
    _publish([on_landing, on_marts])
    say("6/6  Rendering the review")
    say(str(_review(period)))
    raise typer.Exit(landed)


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(help="An empty folder, or one that is not there yet.")],
    *,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 7,
    services: Annotated[int, typer.Option(help="How many services it has.")] = 60,
    start: Annotated[str, typer.Option(help="First day of its history.")] = "2025-07-01",
    days: Annotated[int, typer.Option(help="How many days its history has.")] = 460,
    scale: Annotated[int, typer.Option(help="How many times the rows that traffic makes.")] = 1,
    dirty: Annotated[bool, typer.Option("--dirty", help="As untidy as real exports are.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an earlier simulation in the folder.")
    ] = False,
) -> None:
    """Write the exports of an invented company, and beside them what really happened.

    Exit status 2 when the arguments make no sense; nothing is written then.

    **Example:** `nines simulate data/company --services 20 --dirty`
    """
    from nines.simulation import SimulationError  # noqa: PLC0415
    from nines.simulation import simulate as make  # noqa: PLC0415

    try:
        made = make(
            out,
            seed=seed,
            services=services,
            start=start,
            days=days,
            scale=scale,
            dirty=dirty,
            force=force,
        )
    except SimulationError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    say(made.describe())


@app.command()
def status() -> None:
    """Say what has landed, what was refused, and what is published.

    **Example:** `nines status`
    """
    from nines.status import lines  # noqa: PLC0415

    for line in lines():
        say(line)


@app.command()
def lake(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to; by default NINES_LAKE or data/lake.")
    ] = None,
) -> None:
    """Write the raw tables as Parquet, which the Spark target reads.

    **Example:** `nines lake && nines build --target spark`
    """
    from nines.lake import write_lake  # noqa: PLC0415

    target = folder or warehouse.located("NINES_LAKE", "data/lake")
    tables = write_lake(warehouse.warehouse_path(), target)
    say(f"Wrote {len(tables)} tables to {target}.")


def main() -> None:
    """Run the command line; a traceback is shown only for a defect of Nines itself."""
    try:
        app()
    except tuple(_expected_errors()) as error:
        complain(str(error))
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        complain("This is a defect of Nines. The lines above say where; please report them.")
        sys.exit(1)


def _expected_errors() -> Iterator[type[Exception]]:
    """Yield the errors whose message is for the user, of the modules loaded so far."""
    yield from (Refused, BuildError)
    for module, name in (
        ("nines.contracts", "ContractError"),
        ("nines.landing", "LandingError"),
        ("nines.publishing", "PublishError"),
        ("nines.reports", "ReportError"),
        ("nines.warehouse", "WarehouseError"),
    ):
        if error := getattr(sys.modules.get(module), name, None):
            yield error
