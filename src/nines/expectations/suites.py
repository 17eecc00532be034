"""What a suite is made of: a frame of figures, and what is expected of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nines.expectations.outcomes import Severity


@dataclass(frozen=True)
class Expected:
    """One expectation: a sentence that is true when it holds, and Great Expectations' way to ask.

    `kind` and `settings` are a class of Great Expectations and its arguments, about columns of the
    suite's frame. `finding` says what one row that broke it shows, as str.format with that row.
    """

    name: str
    severity: Severity
    kind: str
    settings: Mapping[str, Any]
    finding: str
    advice: str


@dataclass(frozen=True)
class Suite:
    """One frame and its expectations.

    The frame has one row per thing judged: keys and figures, never text of a record. Its column
    `place` names the table a row is about. Without rows there is nothing to judge yet.
    """

    name: str
    frame: pl.DataFrame
    expected: Sequence[Expected]


def between(column: str, least: float | None = None, greatest: float | None = None) -> dict:
    """Return the settings of an expectation that a column's values lie between two bounds."""
    return {"column": column, "min_value": least, "max_value": greatest}


BETWEEN = "ExpectColumnValuesToBeBetween"
IN_SET = "ExpectColumnValuesToBeInSet"
UNIQUE = "ExpectCompoundColumnsToBeUnique"
