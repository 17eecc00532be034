"""How a record is written: its fields, however deep, and the form of the values in each."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

Forms = dict[str, set[str]]

_TEXTS = {
    "instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "local instant": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d",
    "commit": r"[0-9a-f]{40}",
    "address": r"(https?|git)://\S+|git@\S+",
    "mail address": r"[^@\s]+@[^@\s]+",
    "empty": r"",
    "flag in words": r"true|false",
}


def form_of(value: object) -> str:
    """Return what kind of value it is; of text, which kind of text."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return next((kind for kind, form in _TEXTS.items() if re.fullmatch(form, value)), "text")
    return type(value).__name__


def forms(records: Iterable[Mapping[str, Any]]) -> Forms:
    """Return the forms found in each field of some records; a list's elements are `field[]`."""
    found: Forms = defaultdict(set)
    for record in records:
        _note(record, "", found)
    return dict(found)


def _note(value: object, path: str, found: Forms) -> None:
    if path:
        found[path].add(form_of(value))
    if isinstance(value, Mapping):
        for name, element in value.items():
            _note(element, f"{path}.{name}" if path else str(name), found)
    elif isinstance(value, list):
        for element in value:
            _note(element, f"{path}[]", found)
