"""Judges a landing, and the marts, as sets: what no contract or test can say of one row."""

from collections.abc import Sequence
from pathlib import Path

from nines import building
from nines.contracts import Contract, load_contracts
from nines.expectations.judging import judge
from nines.expectations.landing import landing_suites
from nines.expectations.marts import mart_suites
from nines.expectations.outcomes import CheckResult, Outcome, Severity, Stage, newest_landing
from nines.expectations.page import write_page
from nines.warehouse import ROOT, connect

__all__ = ["CheckResult", "Outcome", "Severity", "Stage", "check"]


def check(
    warehouse: Path,
    stage: Stage,
    *,
    contracts: Sequence[Contract] | None = None,
    docs: Path | None = None,
) -> CheckResult:
    """Judge one stage of a warehouse and write a page about it; read nothing but the warehouse.

    `contracts` are those of the project by default. The page goes to the folder `docs`, by default
    `checks` beside the warehouse. Raises WarehouseError when the warehouse cannot be opened, and
    BuildError when marts are to be judged that dbt never built.
    """
    with connect(warehouse, read_only=True) as connection:
        if stage == "landing":
            subject = newest_landing(connection)
            known = load_contracts(ROOT) if contracts is None else contracts
            suites = landing_suites(connection, known)
        else:
            subject = building.last_build().invocation_id
            suites = mart_suites(connection)
        outcomes = judge(suites)
    page = (docs or warehouse.parent / "checks") / f"{stage}.html"
    result = CheckResult(stage, subject, outcomes, str(page))
    write_page(result, page)
    return result
