"""Dirt inside records that changes nothing they say: other forms of an instant, hostile titles."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.exporting.redelivery import Deliveries, Record, Table
from nines.simulation.truth import Dirt

_ZULU = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BERLIN_SUMMER = timezone(timedelta(hours=2))


def alter(
    deliveries: Deliveries,
    table: Table,
    draws: Draws,
    changes: Mapping[str, tuple[int, Callable[[Record], Record]]],
    fits: Callable[[Record], bool] = lambda record: True,
) -> list[Dirt]:
    """Change that many records, by kind of dirt; no record is changed twice."""
    places = [
        (file, place)
        for file, records in deliveries.items()
        for place, record in enumerate(records)
        if fits(record)
    ]
    total = sum(count for count, _ in changes.values())
    key = (table.system, table.name, "altered")
    # In no order of time: every kind of dirt lies anywhere.
    chosen = iter(
        sorted(draws.sample(places, total, *key), key=lambda place: draws.bits(*key, *place))
    )
    dirt = []
    for kind, (count, change) in changes.items():
        for _, (file, place) in zip(range(count), chosen, strict=False):
            deliveries[file][place] = change(deliveries[file][place])
            dirt.append(table.dirt(kind, deliveries[file][place], file))
    return dirt


def with_offsets(record: Record) -> Record:
    """Write every instant of a record with an offset of two hours."""
    return _rewritten(record, _offset_text)


def with_microseconds(record: Record) -> Record:
    """Write every instant of a record to the microsecond."""
    return _rewritten(record, lambda text: text.replace("Z", ".000000Z"))


def markup_title(title: str) -> str:
    """Return a title that a page must not run."""
    return f"<b onmouseover=\"alert('here')\">{title}</b> & <script>alert('there')</script>"


def formula_title(title: str) -> str:
    """Return a title that a spreadsheet would take for a formula."""
    return f'=HYPERLINK("https://status.acme.example.com","{title}")'


def right_to_left_title(title: str) -> str:
    """Return a title with right-to-left words and a mark that turns what follows around."""
    return f"\u05ea\u05e7\u05dc\u05d4 \u202e{title}"


HOSTILE_TITLES = {
    "markup_title": markup_title,
    "formula_title": formula_title,
    "right_to_left_title": right_to_left_title,
}


def _offset_text(text: str) -> str:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return moment.astimezone(_BERLIN_SUMMER).isoformat()


def _rewritten(value: Any, rewrite: Callable[[str], str]) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _rewritten(element, rewrite) for name, element in value.items()}
    if isinstance(value, list):
        return [_rewritten(element, rewrite) for element in value]
    if isinstance(value, str) and _ZULU.fullmatch(value):
        return rewrite(value)
    return value
