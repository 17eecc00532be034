"""What people did beside building and repairing, derived from the company and its history.

Reviews of incidents, tests of what was hoped never to be needed, forecasts, work logged, answers,
controls and promises. A team that drowns in pages does all of it later or not at all, a quarter
with many severe incidents costs hours and opinions in the next, and the newest whole quarter is
better than those before. See `records` for the rows.
"""

from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.practice.capacity import forecast_peaks
from nines.simulation.practice.circumstances import read_circumstances
from nines.simulation.practice.governance import ask_stakeholders, keep_promises, prove_controls
from nines.simulation.practice.resilience import (
    break_on_purpose,
    rehearse_disasters,
    try_load,
    try_restores,
)
from nines.simulation.practice.reviews import review_incidents
from nines.simulation.practice.work import log_time
from nines.simulation.truth import Truth


def practise(truth: Truth, draws: Draws) -> None:
    """Fill the truth's practice: a list for each of `records.KINDS`, empty when nothing happened.

    The history has to be complete. Nothing in it is changed.
    """
    company = read_circumstances(truth, draws)
    rows: dict[str, list[Any]] = {}
    rows["pirs"], rows["pir_actions"] = review_incidents(company)
    dr_tests = rehearse_disasters(company)
    rows["dr_tests"] = dr_tests
    rows["restore_tests"] = try_restores(company)
    rows["chaos_experiments"] = break_on_purpose(company)
    rows["load_tests"] = try_load(company)
    rows["forecasts"], rows["peaks"] = forecast_peaks(company)
    rows["time_entries"] = log_time(company)
    rows["surveys"], rows["survey_answers"] = ask_stakeholders(company)
    rows["controls"], rows["evidence"], rows["findings"] = prove_controls(company, dr_tests)
    rows["roadmap_items"] = keep_promises(company)
    truth.practice.update(rows)
