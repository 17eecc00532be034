"""Records as they stood when they were exported: in dirty files, earlier states come too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from nines.simulation.draws import Draws
from nines.simulation.exporting.redelivery import Deliveries, Record, Table
from nines.simulation.truth import Dirt

Thing = TypeVar("Thing")
Told = dict[str, list[tuple[Thing, datetime]]]  # by file: a thing, and the instant it was exported

# A thing that was over sooner has no earlier state worth an export.
_SHORTEST = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Earlier:
    """How many things are exported while they are open too: in their own file, or in the next one.

    Of those in their own file, the newest state comes with the next; of the others, the older one
    does, which must not win.
    """

    first: int
    last: int


def tell_earlier(
    told: Told[Thing],
    table: Table,
    span_of: Callable[[Thing], tuple[str, datetime, datetime | None]],
    draws: Draws,
    counts: Earlier,
) -> list[Dirt]:
    """Export some things as they stood halfway too. A span is an id, a beginning and an end."""
    following, key = dict(pairwise(told)), (table.system, table.name)
    places = [
        (file, place)
        for file in following
        for place, (thing, _) in enumerate(told[file])
        if _is_long_enough(*span_of(thing)[1:])
    ]
    chosen = draws.sample(places, counts.first + counts.last, *key, "earlier states")
    # Which of them come in order has nothing to do with when they happened.
    in_order = set(draws.sample(chosen, counts.first, *key, "in order"))
    dirt = []
    for file, place in chosen:
        thing, newest_at = told[file][place]
        thing_id, began_at, ended_at = span_of(thing)
        halfway = began_at + timedelta(seconds=int((ended_at - began_at).total_seconds()) // 2)
        own_at, next_at = (
            (halfway, newest_at) if (file, place) in in_order else (newest_at, halfway)
        )
        told[file][place] = thing, own_at
        told[following[file]].append((thing, next_at))
        kind = "reexported_record" if own_at == halfway else "state_out_of_order"
        dirt.append(Dirt(kind, table.system, thing_id, detail=following[file]))
    return dirt


def late_name(file: str) -> str:
    """Return the name of a file that lands after its siblings: letters come after digits."""
    stem, period = file.rsplit("_", 1)
    return f"{stem}_late_{period}"


def shaped(
    told: Mapping[str, list[tuple[Thing, datetime]]], shape: Callable[[Thing, datetime], Record]
) -> Deliveries:
    """Return the records of what is told."""
    return {file: [shape(thing, as_of) for thing, as_of in things] for file, things in told.items()}


def _is_long_enough(began_at: datetime, ended_at: datetime | None) -> bool:
    return ended_at is not None and ended_at - began_at > _SHORTEST
