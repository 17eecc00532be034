"""`make oracle`: for each seed a clean and a dirty company, built whole and held to the oracle."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from oracle.comparing import compare, compare_clean_with_dirty, shown
from oracle.running import simulated
from oracle.truth import read_truth


def main() -> int:
    """Run every seed; return 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    parser.add_argument("--seeds", required=True, help="numbers, with blanks between them")
    parser.add_argument("--services", type=int, required=True)
    parser.add_argument("--days", type=int, required=True)
    given = parser.parse_args()
    seeds = [int(seed) for seed in given.seeds.split()]
    row_count = difference_count = 0
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="nines-oracle-") as folder:
            companies = {}
            for name in ("clean", "dirty"):
                started = time.monotonic()
                companies[name] = company = simulated(
                    Path(folder) / name, seed=seed, services=given.services, days=given.days,
                    is_dirty=name == "dirty",
                )  # fmt: skip
                comparison = compare(company.warehouse, company.truth)
                row_count += comparison.row_count
                differences = comparison.differences
                if name == "dirty":
                    differences += compare_clean_with_dirty(
                        companies["clean"].warehouse, company.warehouse, read_truth(company.truth)
                    )
                difference_count += len(differences)
                print(
                    f"Seed {seed}, {name}: {comparison.row_count:,} KPI rows, "
                    f"{len(differences):,} differences, {time.monotonic() - started:.0f} s.",
                    *shown(differences), sep="\n  ", flush=True,
                )  # fmt: skip
    print(
        f"{len(seeds)} seeds, {2 * len(seeds)} companies, {row_count:,} KPI rows compared, "
        f"{difference_count:,} differences."
    )
    return 1 if difference_count else 0


if __name__ == "__main__":
    sys.exit(main())
