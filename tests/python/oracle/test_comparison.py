"""A dirty simulated company comes out of the pipeline as the oracle says, figure by figure."""

from datetime import date

from oracle.comparing import compare, differing_rows, key_of, shown
from oracle.running import SimulatedCompany
from oracle.truth import read_truth


def test_every_kpi_value_of_a_dirty_company_is_the_oracles(simulated_company: SimulatedCompany):
    comparison = compare(simulated_company.warehouse, simulated_company.truth)
    assert comparison.row_count > 10_000
    assert not comparison.differences, "\n".join(shown(comparison.differences))


def test_the_company_is_as_dirty_as_companies_are(simulated_company: SimulatedCompany):
    kinds = {piece.kind for piece in read_truth(simulated_company.truth).dirt}
    assert kinds >= {
        "never_closed", "impossible_duration", "unknown_service", "rejected_row", "late_record",
        "repeated_record", "reexported_record", "file_out_of_order", "offset_time", "merged",
        "two_vendors", "markup_title", "formula_title", "naive_time", "localised_state",
        "bill_issued_thrice",
    }  # fmt: skip


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
