"""Lands a million PagerDuty incidents, and compares with the engine reading the same file bare.

Both run in a process of their own, on the same file, one after the other; the order changes from
round to round, and the fastest of each counts. Peak memory is what the system says of the process.

    python benchmarks/landing.py [--rows 1000000] [--rounds 2]
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

CHUNK_ROWS = 10_000


def incidents(rows: int) -> Iterator[str]:
    """Yield incidents as PagerDuty's REST exports write them, about 360 bytes a line."""
    chosen = random.Random(2026)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    subjects = ("Latency above 800 ms", "Error ratio above 2 %", "Queue is growing", "Disk is full")
    for number in range(rows):
        opened = start + timedelta(seconds=23 * number)
        changed = opened + timedelta(seconds=chosen.randint(60, 20_000))
        service = chosen.randint(1, 40)
        record = {
            "id": f"Q{number:09d}",
            "incident_number": number + 1,
            "title": f"{chosen.choice(subjects)} on host-{chosen.randint(1, 400)}",
            "status": "resolved",
            "urgency": chosen.choice(("high", "low")),
            "created_at": f"{opened:%Y-%m-%dT%H:%M:%SZ}",
            "last_status_change_at": f"{changed:%Y-%m-%dT%H:%M:%SZ}",
            "priority": {"id": "P1", "summary": f"P{chosen.randint(1, 5)}"},
            "service": {"id": f"PSVC{service:03d}", "summary": f"Service {service}"},
            "escalation_policy": {"id": f"PESC{service:03d}"},
        }
        yield json.dumps(record, separators=(",", ":"))


def write(path: Path, rows: int) -> None:
    """Write the export, a chunk of lines at a time."""
    with path.open("w", encoding="utf-8") as stream:
        lines: list[str] = []
        for line in incidents(rows):
            lines.append(line)
            if len(lines) == CHUNK_ROWS:
                stream.write("\n".join(lines) + "\n")
                lines.clear()
        stream.writelines(line + "\n" for line in lines)


def bare(exports: Path, warehouse: Path) -> None:
    """Read the file as the engine does when left alone."""
    import duckdb  # noqa: PLC0415

    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create table bare as select * from read_json(?)",
            [str(exports / "pagerduty" / "incidents.jsonl")],
        )


def landed(exports: Path, warehouse: Path) -> None:
    """Land the folder: hash, type, redact, check, record."""
    os.environ["NINES_WAREHOUSE"] = str(warehouse)
    os.environ["NINES_SALT"] = "a salt for a benchmark"
    from nines.landing import land  # noqa: PLC0415

    result = land(exports)
    if result.exit_status or not result.row_count:
        raise SystemExit(str(result))


def measure(what: str, exports: Path, folder: Path) -> tuple[float, float]:
    """Run one of the two in a fresh process; return its seconds and its peak memory in MiB."""
    warehouse = folder / f"{what}.duckdb"
    for old in folder.glob(f"{what}.duckdb*"):
        old.unlink()
    command = [sys.executable, __file__, "--only", what, str(exports), str(warehouse)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, kibibytes = done.stdout.split()
    return float(seconds), float(kibibytes) / 1024


def main() -> None:
    """Print the speed of both, their ratio and their peak memory."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs=3, metavar=("WHAT", "EXPORTS", "WAREHOUSE"))
    options = parser.parse_args()
    if options.only:
        what, exports, warehouse = options.only
        begun = time.perf_counter()
        {"bare": bare, "landed": landed}[what](Path(exports), Path(warehouse))
        seconds = time.perf_counter() - begun
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "exports" / "pagerduty").mkdir(parents=True)
        export = folder / "exports" / "pagerduty" / "incidents.jsonl"
        write(export, options.rows)
        print(f"{options.rows:,} incidents, {export.stat().st_size / 1e6:,.0f} MB")
        best: dict[str, tuple[float, float]] = {}
        for number in range(options.rounds):
            for what in ("bare", "landed") if number % 2 == 0 else ("landed", "bare"):
                seconds, peak = measure(what, folder / "exports", folder)
                known = best.get(what, (seconds, peak))
                best[what] = (min(seconds, known[0]), max(peak, known[1]))
    for what, words in (("bare", "DuckDB's read_json alone"), ("landed", "nines land")):
        seconds, peak = best[what]
        print(f"{words:26} {seconds:6.2f} s   peak {peak:6,.0f} MiB")
    print(f"nines land runs at {best['bare'][0] / best['landed'][0]:.2f} of the bare speed")


if __name__ == "__main__":
    main()
