"""The dirt of deliveries: records that come twice, again, late, out of order, or broken.

It works on deliveries, the records of each file by the file's name, in the order in which files
land (that of their names). All of it leaves what is true alone: a broken record is a damaged copy
of a sound one that lands too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.truth import Dirt

Record = dict[str, Any]
Deliveries = dict[str, list[Record]]


@dataclass(frozen=True, slots=True)
class Table:
    """Which table the deliveries fill, and how one of its records is named in the list of dirt."""

    system: str
    name: str
    id_of: Callable[[Mapping[str, Any]], str]

    def dirt(self, kind: str, record: Mapping[str, Any], file: str) -> Dirt:
        """Return the note of one dirty record."""
        return Dirt(kind, self.system, self.id_of(record), detail=file)


@dataclass(frozen=True, slots=True)
class Redelivery:
    """How many records come twice in one file, again in the last file, and only there."""

    repeated: int
    reexported: int
    late: int


def redeliver(deliveries: Deliveries, table: Table, draws: Draws, counts: Redelivery) -> list[Dirt]:
    """Repeat, export again and delay that many records; all come from other files than the last."""
    if not deliveries:
        return []
    *files, last = deliveries
    places = [(file, place) for file in files for place in range(len(deliveries[file]))]
    total = counts.repeated + counts.reexported + counts.late
    chosen = draws.sample(places, total, table.system, table.name, "redelivered")
    repeated = chosen[: counts.repeated]
    reexported = chosen[counts.repeated : counts.repeated + counts.reexported]
    late = chosen[counts.repeated + counts.reexported :]
    dirt = []
    for kind, places_of_kind, target in (
        ("repeated_record", repeated, None),
        ("reexported_record", reexported, last),
        ("late_record", late, last),
    ):
        for file, place in places_of_kind:
            record = deliveries[file][place]
            deliveries[target or file].append(record)
            dirt.append(table.dirt(kind, record, target or file))
    for file, place in reversed(late):
        del deliveries[file][place]
    return dirt


def spoil(
    deliveries: Deliveries,
    table: Table,
    draws: Draws,
    faults: Sequence[Callable[[Record], Record]],
) -> list[Dirt]:
    """Add a copy of some record for each fault, with that fault; each copy is a rejected row."""
    files = list(deliveries)
    dirt: list[Dirt] = []
    if not files:
        return dirt
    for number, fault in enumerate(faults):
        file = draws.choice(files, table.system, table.name, "spoilt in", number)
        if not deliveries[file]:
            continue
        record = draws.choice(deliveries[file], table.system, table.name, "spoilt", number)
        deliveries[file].append(fault(record))
        dirt.append(table.dirt("rejected_row", record, file))
    return dirt


def without(*path: str) -> Callable[[Record], Record]:
    """Return the fault of a record that lacks the value at a path."""

    def fault(record: Record) -> Record:
        name, *rest = path
        return {**record, name: without(*rest)(record[name]) if rest else None}

    return fault


def with_value(value: object, *path: str) -> Callable[[Record], Record]:
    """Return the fault of a record whose value at a path is another."""

    def fault(record: Record) -> Record:
        name, *rest = path
        return {**record, name: with_value(value, *rest)(record[name]) if rest else value}

    return fault


def rename_first(deliveries: Deliveries, rename: Callable[[str], str], system: str) -> list[Dirt]:
    """Let the first file land last, by its name."""
    if len(deliveries) < 2:
        return []
    first = next(iter(deliveries))
    deliveries[rename(first)] = deliveries.pop(first)
    return [Dirt("file_out_of_order", system, rename(first))]
