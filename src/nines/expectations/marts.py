"""The suites of the marts: laws of the scorecard and of cost, and what reviews must be told."""

import duckdb

from nines.expectations.suites import Suite


def mart_suites(connection: duckdb.DuckDBPyConnection) -> list[Suite]:
    """Return the suites of the marts stage for the marts the warehouse has."""
    return []
