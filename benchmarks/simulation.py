"""Simulates a hundred services for a year at a scale of 60, beside the engine's own bare write.

The whole command is `nines simulate --services 100 --days 365 --scale 60`: every export of the
company, some fifty million one-minute SLI rows among them, as Parquet. The bare write is DuckDB
writing as many rows of a number and its md5 to Parquet, on as many threads and with as much memory.
Each runs in a process of its own, one after the other; the processor's time is given too, for other
work on the machine does not touch it, and peak memory is what the system says of the process.
`--times 10` instead writes the SLI rows alone, then those of ten times as many services, and says
whether ten times the rows take ten times as long in the same memory.

    python benchmarks/simulation.py [--services 100] [--days 365] [--scale 60] [--times 10]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

SEED = 7
START = date(2025, 7, 1)
PROMISED_SECONDS, PROMISED_MIB = 180, 4096


def whole(folder: Path, services: int, days: int, scale: int) -> None:
    """Simulate a company, all of it."""
    from nines.simulation import simulate  # noqa: PLC0415

    simulate(folder, seed=SEED, services=services, start=START, days=days, scale=scale)


def slis(folder: Path, services: int, days: int, scale: int) -> None:
    """Write the SLI rows of a company alone; it is founded, and nothing happens to it."""
    from nines.simulation import company, traffic  # noqa: PLC0415
    from nines.simulation.draws import Draws  # noqa: PLC0415
    from nines.simulation.truth import Scenario  # noqa: PLC0415

    start = datetime.combine(START, datetime.min.time())
    draws = Draws(SEED)
    end = start + timedelta(days=days)
    truth = company.found(Scenario(SEED, services, start, end, scale, is_dirty=False), draws)
    traffic.write_intervals(truth, draws, folder / "exports" / "sli_counts")


def bare(folder: Path, rows: int) -> None:
    """Let the engine write that many numbers and their md5s."""
    from nines.warehouse import scratch  # noqa: PLC0415

    folder.mkdir(parents=True)
    with scratch() as connection:
        connection.execute(
            "copy (select range as number, md5(cast(range as varchar)) as noise "
            f"from range({rows})) to '{folder / 'bare.parquet'}' (format parquet, compression zstd)"
        )


def counted(folder: Path) -> int:
    """Return how many SLI rows were written."""
    import pyarrow.parquet  # noqa: PLC0415

    files = (folder / "exports" / "sli_counts").glob("*.parquet")
    return sum(pyarrow.parquet.read_metadata(path).num_rows for path in files)


@dataclass(frozen=True)
class Measured:
    """What one process took."""

    seconds: float
    processor_seconds: float
    peak_mib: float

    def __str__(self) -> str:
        """Write all three in one line."""
        return (
            f"{self.seconds:7.1f} s   processor {self.processor_seconds:7.1f} s   "
            f"peak {self.peak_mib:6,.0f} MiB"
        )


def measure(folder: Path, *what: object) -> Measured:
    """Run one of the three in a fresh process, and say what it took."""
    command = [sys.executable, __file__, "--only", str(folder), *(str(part) for part in what)]
    # Not more threads than the claim's two cores: polars and the rest would take all there are.
    environment = {**os.environ, "POLARS_MAX_THREADS": "2", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds, processor, kibibytes = (float(number) for number in done.stdout.split())
    return Measured(seconds, processor, kibibytes / 1024)


def run_only(folder: str, what: str, *numbers: str) -> None:
    """Do one of the three here; print its seconds, the processor's, and its peak memory in KiB."""
    begun = time.perf_counter()
    {"whole": whole, "slis": slis, "bare": bare}[what](Path(folder), *map(int, numbers))
    seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss)


def compare_with_bare_write(folder: Path, services: int, days: int, scale: int) -> None:
    """Print the whole command's time and memory, and the bare write's."""
    simulated = measure(folder / "whole", "whole", services, days, scale)
    rows = counted(folder / "whole")
    written = measure(folder / "bare", "bare", rows)
    print(f"{rows:,} SLI rows; {services} services, {days} days, scale {scale}")
    print(f"DuckDB writes md5s   {written}")
    print(f"nines simulate, all  {simulated}")
    print(
        f"nines simulate takes {simulated.seconds / written.seconds:.2f} times as long as the bare "
        f"write, and {simulated.processor_seconds / written.processor_seconds:.2f} times the "
        "processor's time"
    )
    kept = simulated.seconds < PROMISED_SECONDS and simulated.peak_mib < PROMISED_MIB
    print(
        f"promised: under {PROMISED_SECONDS} s and {PROMISED_MIB} MiB: "
        f"{'kept' if kept else 'NOT KEPT'}"
    )


def compare_with_more(folder: Path, services: int, days: int, scale: int, times: int) -> None:
    """Print what the SLI rows take, and that many times as many."""
    rows, taken = [], []
    for factor in (1, times):
        place = folder / f"times {factor}"
        taken.append(measure(place, "slis", services * factor, days, scale))
        rows.append(counted(place))
        print(f"{rows[-1]:12,} SLI rows  {taken[-1]}")
        for path in place.rglob("*.parquet"):
            path.unlink()
    one, many = taken
    print(
        f"{rows[1] / rows[0]:.1f} times the rows take {many.seconds / one.seconds:.1f} times as "
        f"long, {many.processor_seconds / one.processor_seconds:.1f} times the processor's time "
        f"and {many.peak_mib / one.peak_mib:.2f} times the memory"
    )


def main() -> None:
    """Print one of the two comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--services", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--scale", type=int, default=60)
    parser.add_argument("--times", type=int)
    parser.add_argument("--only", nargs="+", metavar="FOLDER WHAT NUMBER")
    options = parser.parse_args()
    if options.only:
        run_only(*options.only)
        return
    company = (options.services, options.days, options.scale)
    with tempfile.TemporaryDirectory() as temporary:
        if options.times:
            compare_with_more(Path(temporary), *company, options.times)
        else:
            compare_with_bare_write(Path(temporary), *company)


if __name__ == "__main__":
    main()
