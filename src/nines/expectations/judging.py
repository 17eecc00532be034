"""Asks Great Expectations whether the suites hold, and turns its answers into outcomes."""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from nines.expectations.outcomes import Outcome
from nines.expectations.suites import Expected, Suite

# Rows of one frame that Great Expectations is given at once.
SLICE_ROWS = 200_000
# Rows that broke an expectation, as shown.
SHOWN_ROWS = 5
_NOTHING = "Nothing to judge yet."


def judge(suites: Sequence[Suite]) -> tuple[Outcome, ...]:
    """Return an outcome for each expectation and each table its frame has rows of."""
    asked = [suite for suite in suites if not suite.frame.is_empty()]
    validate = _validator() if asked else None
    outcomes = []
    for suite in suites:
        if suite.frame.is_empty() or validate is None:
            outcomes += [_outcome(one, suite.name, 0, []) for one in suite.expected]
            continue
        broken: dict[str, list[int]] = {one.name: [] for one in suite.expected}
        for offset in range(0, suite.frame.height, SLICE_ROWS):
            rows = suite.frame.slice(offset, SLICE_ROWS)
            for name, places in validate(suite, rows).items():
                broken[name] += [offset + place for place in places]
        for one in suite.expected:
            outcomes += _by_place(one, suite, sorted(set(broken[one.name])))
    return tuple(outcomes)


def _validator() -> Any:  # noqa: ANN401 - a closure over what takes seconds to import
    """Import Great Expectations quietly; return a function that gives the rows that break each."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx  # noqa: PLC0415

    # It tells of its own temporary folders, and dbt lets everybody's chatter through.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("nines").add_dataframe_asset(name="frame")
    whole = asset.add_batch_definition_whole_dataframe("rows")

    def validate(suite: Suite, rows: pl.DataFrame) -> dict[str, list[int]]:
        batch = whole.get_batch(batch_parameters={"dataframe": rows.to_pandas()})
        questions = [
            getattr(gx.expectations, one.kind)(
                **one.settings, severity=one.severity, meta={"name": one.name}
            )
            for one in suite.expected
        ]
        answers = batch.validate(
            gx.ExpectationSuite(name=suite.name, expectations=questions),
            result_format={"result_format": "COMPLETE"},
        )
        found = {}
        for answer in answers.results:
            name = answer.expectation_config.meta["name"]
            if answer.exception_info.get("raised_exception"):
                message = answer.exception_info["exception_message"]
                raise RuntimeError(f"{suite.name}: {name!r} could not be judged: {message}")
            found[name] = list(answer.result.get("unexpected_index_list") or [])
            if not answer.success and not found[name]:
                raise RuntimeError(f"{suite.name}: {name!r} failed without naming a row.")
        return found

    return validate


def _by_place(expected: Expected, suite: Suite, broken: list[int]) -> Iterator[Outcome]:
    """Yield one outcome for each place of the frame, in its order."""
    rows = suite.frame[broken].rows(named=True)
    counts = suite.frame["place"].value_counts(sort=False, name="row_count")
    judged = dict(zip(counts["place"], counts["row_count"], strict=True))
    for place in suite.frame["place"].unique(maintain_order=True):
        found = [row for row in rows if row["place"] == place]
        yield _outcome(expected, place, judged[place], found)


def _outcome(
    expected: Expected, place: str, judged: int, found: Sequence[dict[str, Any]]
) -> Outcome:
    shown = [_shown(row) for row in found[:SHOWN_ROWS]]
    if found:
        observed = "; ".join(expected.finding.format(**row) for row in shown)
        if len(found) > SHOWN_ROWS:
            observed += f"; and {len(found) - SHOWN_ROWS} more"
        observed += "."
    else:
        observed = f"Holds for all {judged} judged." if judged else _NOTHING
    return Outcome(
        name=expected.name,
        severity=expected.severity,
        table=place,
        success=not found,
        observed=observed,
        advice=expected.advice if found else "",
        unexpected=shown,
        unexpected_count=len(found),
    )


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as people read it: short text, and JSON-ready."""
    shown = {}
    for name, value in row.items():
        if isinstance(value, str):
            shown[name] = value if len(value) <= 60 else value[:59] + "…"
        elif isinstance(value, float):
            shown[name] = round(value, 4)
        elif value is None or isinstance(value, int | bool):
            shown[name] = value
        else:
            shown[name] = str(value)
    return shown
