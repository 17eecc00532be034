"""SLI counts as a plain table: of a few services at scale 1, as CSV; of all above it, as Parquet.

The CSV is a file per quarter. The Parquet is a file per month, and has no dirt: what dirt does to
such rows, the CSV shows.
"""

from datetime import datetime
from pathlib import Path

from nines.simulation import traffic
from nines.simulation.draws import Draws
from nines.simulation.exporting.moments import local_text, quarter_name
from nines.simulation.exporting.redelivery import (
    Deliveries,
    Redelivery,
    Table,
    redeliver,
    spoil,
    with_value,
    without,
)
from nines.simulation.exporting.writing import write_csv
from nines.simulation.truth import Dirt, Truth

# Dirt.
REDELIVERY = Redelivery(repeated=5, reexported=5, late=5)
PRELIMINARY_COUNTS = 3  # rows whose first export counted too little; the last file counts right
NAIVE_TIMES = 4  # a start without its Z
OFFSET_TIMES = 4  # a start with an offset
REJECTED_ROWS = (
    without("slo"),
    with_value("yesterday", "interval_started_at"),
    with_value("many", "total_count"),
)

_HEADER = ("slo", "interval_started_at", "interval_seconds", "good_count", "total_count")


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the counts of the SLOs that no Prometheus measures."""
    if truth.scenario.scale > 1:
        traffic.write_intervals(truth, draws, folder)
        return []
    deliveries = _deliveries(truth, draws)
    dirt = _soil(draws, deliveries) if truth.scenario.is_dirty and deliveries else []
    for name, records in deliveries.items():
        write_csv(folder / name, _HEADER, records)
    return dirt


def _deliveries(truth: Truth, draws: Draws) -> Deliveries:
    wanted = sorted(traffic.tabled(truth))
    if not wanted:
        return {}
    deliveries: Deliveries = {}
    with traffic.opened(truth, draws) as connection:
        for start, end in traffic.quarters_of(truth.scenario):
            rows = connection.execute(
                f"""
                select
                    slo_id,
                    strftime(interval_started_at, '%Y-%m-%dT%H:%M:%SZ'),
                    cast(interval_seconds as varchar),
                    cast(good_count as varchar),
                    cast(total_count as varchar)
                from ({traffic.intervals(truth.scenario, start, end, scale=1)})
                where list_contains($wanted, slo_id)
                order by slo_id, interval_started_at
                """,
                {"wanted": wanted},
            ).fetchall()
            deliveries[f"{quarter_name(start)}.csv"] = [
                dict(zip(_HEADER, row, strict=True)) for row in rows
            ]
    return deliveries


def _soil(draws: Draws, deliveries: Deliveries) -> list[Dirt]:
    table = Table(
        "sli_counts",
        "sli_counts_intervals",
        lambda record: f"{record['slo']}@{record['interval_started_at']}",
    )
    dirt = redeliver(deliveries, table, draws, REDELIVERY)
    # After the redelivery: what is exported again must not be the half that was counted first.
    dirt += _preliminary(draws, deliveries, table)
    places = [(file, place) for file, rows in deliveries.items() for place in range(len(rows))]
    chosen = draws.sample(places, NAIVE_TIMES + OFFSET_TIMES, "sli_counts", "times")
    for number, (file, place) in enumerate(chosen):
        record = deliveries[file][place]
        text = record["interval_started_at"].removesuffix("Z")
        kind = "naive_time" if number < NAIVE_TIMES else "offset_time"
        if kind == "offset_time":
            text = local_text(datetime.fromisoformat(text), "Europe/Berlin")
        deliveries[file][place] = {**record, "interval_started_at": text}
        dirt.append(table.dirt(kind, record, file))
    return dirt + spoil(deliveries, table, draws, REJECTED_ROWS)


def _preliminary(draws: Draws, deliveries: Deliveries, table: Table) -> list[Dirt]:
    """Let some rows of all files but the last count too little; the last has them as they are."""
    *files, last = deliveries
    places = [(file, place) for file in files for place in range(len(deliveries[file]))]
    dirt = []
    for file, place in draws.sample(places, PRELIMINARY_COUNTS, "sli_counts", "preliminary"):
        record = deliveries[file][place]
        deliveries[last].append(record)
        half = str(int(record["good_count"]) // 2)
        deliveries[file][place] = {**record, "good_count": half, "total_count": half}
        dirt.append(table.dirt("preliminary_record", record, file))
    return dirt
