"""What the comparison finds when it holds a warehouse against the oracle."""

from datetime import date

from oracle.comparing import differing_rows, key_of, shown


def row(**told) -> dict:
    return {
        "kpi_id": "n", "period_grain": "month", "period_start_date": date(2025, 7, 1),
        "scope_type": "all", "scope_id": "all", "period_end_date": date(2025, 8, 1), "unit": "n",
        "target_kind": None, "target_direction": "at_most", "status": "met", "is_complete": True,
        "numerator": 1.0, "denominator": 1.0, "value": 1.0, "sample_count": 1, "excluded_count": 0,
        "target_value": 2.0, "previous_value": 1.0, "year_ago_value": None, **told,
    }  # fmt: skip


def test_missing_invented_and_different_rows_are_told():
    kept, lost, invented = row(), row(scope_id="lost"), row(scope_id="invented")
    ours = {key_of(each): each for each in (row(value=2.0, status="missed"), invented)}
    oracles = {key_of(each): each for each in (kept, lost)}
    assert shown(differing_rows(ours, oracles)) == [
        "n month 2025-07-01 all=all: status: ours missed, the oracle's met",
        "n month 2025-07-01 all=all: value: ours 2.0, the oracle's 1.0",
        "n month 2025-07-01 all=invented: row: ours there, the oracle's missing",
        "n month 2025-07-01 all=lost: row: ours missing, the oracle's there",
    ]
    assert differing_rows(oracles, oracles) == []
