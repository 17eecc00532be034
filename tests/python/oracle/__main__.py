"""`make oracle`: for each seed a clean and a dirty company, built whole and held to the oracle."""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from nines.simulation import SimulationError
from oracle.comparing import Difference, compare, compare_clean_with_dirty, shown
from oracle.running import START, simulated
from oracle.truth import read_truth


def main() -> int:
    """Run every seed; return 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    parser.add_argument("--seeds", required=True, help="numbers, with blanks between them")
    parser.add_argument("--services", type=int, required=True)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--start", type=date.fromisoformat, default=START, help="a day")
    given = parser.parse_args()
    try:
        seeds = [int(seed) for seed in given.seeds.split()]
    except ValueError:
        seeds = []
    if not seeds:
        parser.error(f"--seeds must be numbers with blanks between them, not {given.seeds!r}.")
    row_count = difference_count = 0
    with tempfile.TemporaryDirectory(prefix="nines-oracle-") as folder:
        for seed in seeds:
            try:
                rows, differences = run(
                    Path(folder), seed, services=given.services, start=given.start, days=given.days
                )
            except SimulationError as error:
                parser.error(str(error))
            row_count += rows
            difference_count += differences
    print(
        f"{len(seeds)} seeds, {2 * len(seeds)} companies, {row_count:,} KPI rows compared, "
        f"{difference_count:,} differences."
    )
    return 1 if difference_count else 0


def run(folder: Path, seed: int, *, services: int, start: date, days: int) -> tuple[int, int]:
    """Compare one seed's two companies; return how many KPI rows there were, and differences."""
    row_count = difference_count = 0
    clean = folder / str(seed) / "clean" / "nines.duckdb"
    for name in ("clean", "dirty"):
        started = time.monotonic()
        company = simulated(
            folder / str(seed) / name, seed=seed, services=services, start=start, days=days,
            is_dirty=name == "dirty", target=folder / "target",
        )  # fmt: skip
        comparison = compare(company.warehouse, company.truth)
        differences = [
            *(Difference("build", failure, "failed", "passed") for failure in company.failures),
            *comparison.differences,
        ]
        if not comparison.row_count:
            differences.append(Difference("KPI values", "rows", 0, "some"))
        if name == "dirty":
            if not read_truth(company.truth).dirt:
                differences.append(Difference("dirt", "pieces", 0, "some"))
            differences += compare_clean_with_dirty(
                clean, company.warehouse, read_truth(company.truth)
            )
        row_count += comparison.row_count
        difference_count += len(differences)
        print(
            f"Seed {seed}, {name}: {comparison.row_count:,} KPI rows, {len(differences):,} "
            f"differences, {time.monotonic() - started:.0f} s.",
            *shown(differences), sep="\n  ", flush=True,
        )  # fmt: skip
    shutil.rmtree(folder / str(seed))
    return row_count, difference_count


if __name__ == "__main__":
    sys.exit(main())
