"""Practice follows from the history, tells its story, and has every edge the definitions name."""

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from nines.simulation import company, history
from nines.simulation.clock import last_whole_quarter_start, quarter_start, to_local
from nines.simulation.company import NOISY_TEAM
from nines.simulation.draws import Draws
from nines.simulation.practice import practise
from nines.simulation.practice.calendars import same_clock, weekday_after
from nines.simulation.practice.records import KINDS
from nines.simulation.truth import Incident, Scenario, Truth, write_truth

START = datetime(2025, 7, 1)
TOIL = {"tickets", "manual_deployments", "interrupts"}
KEYS = {
    "pirs": "pir_id",
    "pir_actions": "action_id",
    "dr_tests": "test_id",
    "restore_tests": "restore_id",
    "chaos_experiments": "experiment_id",
    "load_tests": "test_id",
    "forecasts": "forecast_id",
    "time_entries": "entry_id",
    "surveys": "survey_id",
    "survey_answers": "answer_id",
    "evidence": "evidence_id",
    "findings": "finding_id",
    "roadmap_items": "item_id",
}


DIGEST_PROGRAM = """
import hashlib
from datetime import datetime
from nines.simulation import company, history
from nines.simulation.draws import Draws
from nines.simulation.practice import practise
from nines.simulation.truth import Scenario

draws = Draws(7)
scenario = Scenario(7, 12, datetime(2025, 7, 1), datetime(2025, 11, 1), 1, False)
truth = company.found(scenario, draws)
history.happen(truth, draws)
practise(truth, draws)
print(hashlib.sha256(repr(truth.practice).encode()).hexdigest())
"""


def practised(seed: int, services: int, days: int) -> Truth:
    """Return a company with its history and practice."""
    draws = Draws(seed)
    end = START + timedelta(days=days)
    truth = company.found(Scenario(seed, services, START, end, 1, is_dirty=False), draws)
    history.happen(truth, draws)
    practise(truth, draws)
    return truth


@pytest.fixture(scope="module", params=[7, 11])
def truth(request: pytest.FixtureRequest) -> Truth:
    return practised(request.param, 60, 460)


def rows_of(truth: Truth, kind: str) -> list[Any]:
    rows = truth.practice[kind]
    assert rows, kind
    return rows


def team_of(truth: Truth, service_id: str) -> str:
    return truth.service(service_id).team_id


def day_at(truth: Truth, moment: datetime, team_id: str) -> date:
    return to_local(moment, truth.team(team_id).time_zone).date()


def due_of_review(truth: Truth, incident: Incident) -> datetime:
    """The fifth weekday after resolution, at the same local time; holidays left aside."""
    zone = truth.team(team_of(truth, incident.service_ids[0])).time_zone
    resolved_on = to_local(incident.resolved_at, zone).date()
    return same_clock(incident.resolved_at, weekday_after(resolved_on, 5), zone)


def required(truth: Truth) -> Iterator[Incident]:
    """The incidents whose review had to be done by the end of the history."""
    for incident in truth.incidents:
        is_required = incident.severity < 2 and incident.resolved_at and not incident.is_cancelled
        if is_required and due_of_review(truth, incident) < truth.scenario.end_at:
            yield incident


# --- What holds for every kind -----------------------------------------------------------------


def test_every_kind_has_its_own_rows_and_no_other(truth: Truth) -> None:
    assert set(truth.practice) == set(KINDS)
    for kind, shape in KINDS.items():
        assert all(type(row) is shape for row in rows_of(truth, kind))


def test_ids_are_unique(truth: Truth) -> None:
    for kind, key in KEYS.items():
        ids = [getattr(row, key) for row in rows_of(truth, kind)]
        assert len(set(ids)) == len(ids), kind
    for kind, fields in {
        "controls": ("control_id", "period_start_date"),
        "peaks": ("service_id", "period_start_date"),
    }.items():
        keys = [tuple(getattr(row, name) for name in fields) for row in rows_of(truth, kind)]
        assert len(set(keys)) == len(keys), kind


def instants(value: Any) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from instants(getattr(value, field.name))
    elif isinstance(value, tuple):
        for element in value:
            yield from instants(element)


def test_nothing_happens_outside_the_history(truth: Truth) -> None:
    scenario = truth.scenario
    for kind in KINDS:
        for row in truth.practice[kind]:
            for moment in instants(row):
                assert scenario.start_at <= moment < scenario.end_at, row


def test_no_service_is_tested_forecast_or_worked_for_before_it_was_there(truth: Truth) -> None:
    born = {service.service_id: service.first_seen_date for service in truth.services}
    assert max(born.values()) > START.date()
    for kind in KINDS:
        for row in truth.practice[kind]:
            service_id = getattr(row, "service_id", None)
            if service_id:
                days = [moment.date() for moment in instants(row)]
                days += [row.work_date] if kind == "time_entries" else []
                days += [row.period_start_date] if kind == "peaks" else []
                assert min(days) >= born[service_id], row


def test_the_same_company_practises_the_same(truth: Truth) -> None:
    again = practised(truth.scenario.seed, 60, 460)
    assert again.practice == truth.practice


def test_practice_changes_nothing_in_the_history(truth: Truth) -> None:
    draws = Draws(truth.scenario.seed)
    alone = company.found(truth.scenario, draws)
    history.happen(alone, draws)
    assert dataclasses.replace(truth, practice={}) == alone


def test_neither_hash_seed_nor_the_machines_zone_changes_a_row() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST_PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
            capture_output=True,
        ).stdout
        for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/Los_Angeles"))
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


def test_every_row_is_written_with_its_fields_names(truth: Truth, tmp_path) -> None:
    write_truth(truth, [], tmp_path)
    for kind, shape in KINDS.items():
        lines = (tmp_path / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == len(truth.practice[kind])
        assert list(json.loads(lines[0])) == [field.name for field in dataclasses.fields(shape)]


@pytest.mark.parametrize(("services", "days"), [(1, 1), (1, 3), (3, 3), (1, 100), (6, 92)])
def test_tiny_companies_have_every_kind_though_few_rows(services: int, days: int) -> None:
    truth = practised(7, services, days)
    assert set(truth.practice) == set(KINDS)
    assert truth.practice["controls"]
    for rows in truth.practice.values():
        for row in rows:
            assert all(START <= moment < truth.scenario.end_at for moment in instants(row)), row


def test_a_large_company_keeps_to_bounds(truth: Truth) -> None:
    assert sum(len(rows) for rows in truth.practice.values()) < 100_000


# --- Reviews -----------------------------------------------------------------------------------


def test_a_review_follows_its_incident_once(truth: Truth) -> None:
    incidents = {incident.incident_id: incident for incident in truth.incidents}
    reviewed = Counter(pir.incident_id for pir in rows_of(truth, "pirs"))
    assert set(reviewed.values()) == {1}
    for pir in truth.practice["pirs"]:
        incident = incidents[pir.incident_id]
        assert incident.severity <= 2
        assert not incident.is_cancelled
        assert pir.team_id == team_of(truth, incident.service_ids[0])
        assert truth.person(pir.author_id).team_id == pir.team_id
        assert incident.resolved_at < pir.started_at
        assert pir.completed_at is None or pir.started_at < pir.completed_at
        if pir.cause_key is not None:
            assert (pir.cause_key, pir.completed_at is None) == (incident.cause_key, False)
        if pir.published_at is not None:
            assert "statuspage" in incident.recorded_in
            assert pir.completed_at < pir.published_at


def test_reviews_come_in_time_late_unfinished_and_not_at_all(truth: Truth) -> None:
    pirs = {pir.incident_id: pir for pir in rows_of(truth, "pirs")}
    courses: Counter[str] = Counter()
    for incident in required(truth):
        pir = pirs.get(incident.incident_id)
        due_at = due_of_review(truth, incident)
        if pir is None or pir.completed_at is None:
            courses["missing" if pir is None else "unfinished"] += 1
        elif pir.completed_at == due_at:
            courses["in the second it is due"] += 1
        elif pir.completed_at == due_at + timedelta(seconds=1):
            courses["one second late"] += 1
        else:
            courses["in time" if pir.completed_at < due_at else "late"] += 1
    assert len(courses) == 6, courses
    assert courses["in time"] == max(courses.values())
    assert any(pir.completed_at and not pir.stated_quality_scores for pir in truth.practice["pirs"])
    severities = {i.incident_id: i.severity for i in truth.incidents}
    assert {severities[incident_id] for incident_id in pirs} >= {1, 2}


def test_actions_belong_to_reviews_and_are_made_while_these_are_written(truth: Truth) -> None:
    pirs = {pir.pir_id: pir for pir in rows_of(truth, "pirs")}
    counts = Counter(action.pir_id for action in rows_of(truth, "pir_actions"))
    assert set(counts) <= set(pirs)
    assert 1 < max(counts.values()) <= 4
    elsewhere = 0
    for action in truth.practice["pir_actions"]:
        pir = pirs[action.pir_id]
        assert pir.started_at <= action.created_at
        assert pir.completed_at is None or action.created_at <= pir.completed_at
        assert truth.person(action.owner_id).team_id == action.team_id
        elsewhere += action.team_id != pir.team_id
        if action.closed_at is not None:
            assert action.created_at < action.closed_at
    assert 0 < elsewhere < len(truth.practice["pir_actions"]) // 2


def test_due_dates_are_working_days_and_move_forward(truth: Truth) -> None:
    moved = 0
    for action in rows_of(truth, "pir_actions"):
        dues = [action.first_due_date, *(move.new_due_date for move in action.moves)]
        if action.first_due_date is None:
            assert not action.moves
            continue
        moved += bool(action.moves)
        assert all(due.weekday() < 5 for due in dues)
        assert dues == sorted(set(dues))
        assert dues[0] > day_at(truth, action.created_at, action.team_id)
        times = [action.created_at, *(move.moved_at for move in action.moves)]
        assert times == sorted(set(times))
        if action.closed_at is not None:
            assert times[-1] < action.closed_at
    assert moved


def test_actions_have_every_edge(truth: Truth) -> None:
    actions = rows_of(truth, "pir_actions")
    dated = [action for action in actions if action.first_due_date]
    undated = [action for action in actions if not action.first_due_date]
    assert {action.closed_at is None for action in undated if action.tracked_in} == {True, False}
    assert any(action.tracked_in is None for action in undated)
    assert all(action.tracked_in for action in dated)
    assert any(len(action.moves) > 1 for action in dated)
    late = {
        (day_at(truth, action.closed_at, action.team_id) - action.first_due_date).days
        for action in dated
        if action.closed_at
    }
    assert {0, 1} <= late  # on the last day, and just after it
    assert min(late) < -1
    assert max(late) > 7
    # By the clocks of the owner one was in time, by UTC's it was not, or the other way about.
    assert any(
        (day_at(truth, action.closed_at, action.team_id) <= action.first_due_date)
        != (action.closed_at.date() <= action.first_due_date)
        for action in dated
        if action.closed_at
    )
    assert any(
        action.moves and day_at(truth, action.moves[0].moved_at, action.team_id)
        > action.first_due_date
        for action in dated
    )  # fmt: skip


def test_causes_whose_actions_stay_open_come_again(truth: Truth) -> None:
    last: dict[tuple[str, str], str] = {}
    repeated = set()
    for incident in truth.incidents:
        if incident.cause_key and not incident.is_cancelled:
            place = (incident.service_ids[0], incident.cause_key)
            repeated |= {last[place]} if place in last else set()
            last[place] = incident.incident_id
    incident_of = {pir.pir_id: pir.incident_id for pir in truth.practice["pirs"]}
    closed: dict[bool, list[bool]] = {True: [], False: []}
    for action in rows_of(truth, "pir_actions"):
        closed[incident_of[action.pir_id] in repeated].append(action.closed_at is not None)
    assert len(closed[True]) > 5
    assert sum(closed[True]) * len(closed[False]) < sum(closed[False]) * len(closed[True])


# --- Resilience --------------------------------------------------------------------------------


def dr_passed(test: Any) -> bool:
    return (
        test.achieved_rto_seconds is not None
        and test.achieved_rpo_seconds is not None
        and test.achieved_rto_seconds <= test.rto_target_seconds
        and test.achieved_rpo_seconds <= test.rpo_target_seconds
        and not test.has_critical_issue
    )


def test_dr_tests_are_of_critical_services_and_have_every_edge(truth: Truth) -> None:
    tests = rows_of(truth, "dr_tests")
    held = [test for test in tests if test.ended_at]
    assert {truth.service(test.service_id).tier for test in tests} == {0, 1}
    for test in held:
        assert test.planned_at <= test.started_at < test.ended_at
        seconds = (test.ended_at - test.started_at).total_seconds()
        assert test.achieved_rto_seconds < seconds
    assert any(test.started_at is None for test in tests)
    assert all(test.achieved_rto_seconds is None for test in tests if test.ended_at is None)
    assert any(test.achieved_rpo_seconds is None for test in held)
    assert any(
        test.achieved_rto_seconds <= test.rto_target_seconds
        and (test.achieved_rpo_seconds or 0) > test.rpo_target_seconds
        for test in held
    )
    assert any(test.achieved_rto_seconds > test.rto_target_seconds for test in held)
    assert any(test.achieved_rto_seconds == test.rto_target_seconds for test in held)
    assert any(test.has_critical_issue for test in held)
    assert any(test.evidence_url is None for test in held)
    # Leaders and measurements disagree.
    assert any(test.stated_result == "passed" and not dr_passed(test) for test in held)


def test_restores_end_well_with_warnings_in_part_and_not_at_all(truth: Truth) -> None:
    restores = rows_of(truth, "restore_tests")
    found = Counter(
        (restore.phase, restore.warning_count > 0, restore.is_validated) for restore in restores
    )
    assert {
        ("Completed", False, True),
        ("Completed", False, False),
        ("Completed", True, False),
        ("Completed", True, True),
        ("PartiallyFailed", False, False),
        ("Failed", False, False),
    } <= set(found)
    assert found["Completed", False, True] * 2 > len(restores)
    for restore in restores:
        assert (restore.error_count > 0) == (restore.phase in ("PartiallyFailed", "Failed"))
        assert restore.ended_at is None or restore.started_at < restore.ended_at
    assert {restore.recorded_in for restore in restores} == {"velero", "csv"}


def test_chaos_verdicts_come_with_and_without_probes(truth: Truth) -> None:
    experiments = rows_of(truth, "chaos_experiments")
    found = {(each.verdict, bool(each.probes)) for each in experiments}
    assert {("Pass", True), ("Pass", False), ("Fail", True), ("Awaited", False)} <= found
    for each in experiments:
        assert (each.ended_at is None) == (each.verdict == "Awaited")
        if each.verdict == "Pass":
            assert all(probe.is_passed for probe in each.probes)
        elif each.verdict == "Fail":
            assert not all(probe.is_passed for probe in each.probes)


def test_load_tests_keep_their_budgets_or_break_them(truth: Truth) -> None:
    tests = rows_of(truth, "load_tests")
    assert {
        (test.p95_milliseconds > test.p95_budget_milliseconds)
        - (test.p95_milliseconds < test.p95_budget_milliseconds)
        for test in tests
    } == {-1, 0, 1}
    assert any(
        test.failed_request_count * 1000 > test.request_count * test.failed_budget_permille
        for test in tests
    )
    for test in tests:
        assert test.median_milliseconds < test.p95_milliseconds < test.p99_milliseconds
        assert test.failed_request_count <= test.request_count
        assert test.started_at < test.ended_at


# --- Capacity ----------------------------------------------------------------------------------


def test_forecasts_precede_their_month_or_come_too_late_to_count(truth: Truth) -> None:
    made: dict[tuple[str, date], list[Any]] = defaultdict(list)
    for forecast in rows_of(truth, "forecasts"):
        made[forecast.service_id, forecast.period_start_date].append(forecast)
    too_late = 0
    for (_, month), forecasts in made.items():
        begins_at = datetime(month.year, month.month, 1)
        assert month.day == 1
        before = [forecast for forecast in forecasts if forecast.made_at < begins_at]
        assert len(before) <= 3
        too_late += len(forecasts) - len(before)
        times = [forecast.made_at for forecast in forecasts]
        assert times == sorted(set(times))
    assert any(len(forecasts) > 3 for forecasts in made.values())
    assert 0 < too_late * 10 < len(truth.practice["forecasts"])
    assert any(
        forecast.made_at == datetime.combine(month, datetime.min.time())
        for (_, month), forecasts in made.items()
        for forecast in forecasts
    )
    # What is still to come is forecast too.
    assert max(month for _, month in made) > truth.scenario.end_at.date()


def test_peaks_are_of_whole_months_and_sometimes_zero(truth: Truth) -> None:
    peaks = rows_of(truth, "peaks")
    months = {peak.period_start_date for peak in peaks}
    assert (min(months), max(months)) == (date(2025, 7, 1), date(2026, 9, 1))
    zeros = [peak for peak in peaks if peak.peak == 0]
    assert 0 < len(zeros) * 50 < len(peaks)
    forecast = {(f.service_id, f.period_start_date) for f in truth.practice["forecasts"]}
    assert any((peak.service_id, peak.period_start_date) in forecast for peak in zeros)
    assert all(peak.capacity > 0 for peak in peaks)


def last_forecast_errors(truth: Truth) -> Iterator[tuple[str, date, bool]]:
    """Service, month and whether the last forecast in time was within a fifth."""
    last = {}
    for forecast in sorted(truth.practice["forecasts"], key=lambda forecast: forecast.made_at):
        if forecast.made_at.date() < forecast.period_start_date:
            last[forecast.service_id, forecast.period_start_date] = forecast.peak
    for peak in truth.practice["peaks"]:
        said = last.get((peak.service_id, peak.period_start_date))
        if said is not None and peak.peak:
            is_near = abs(said - peak.peak) * 5 <= peak.peak
            yield peak.service_id, peak.period_start_date, is_near


def test_a_forecast_can_miss_by_a_fifth_exactly(truth: Truth) -> None:
    actual = {(p.service_id, p.period_start_date): p.peak for p in truth.practice["peaks"]}
    errors = {
        (forecast.peak - actual[key]) * 5 - actual[key]
        for forecast in truth.practice["forecasts"]
        if (key := (forecast.service_id, forecast.period_start_date)) in actual
    }
    assert 0 in errors


# --- Work --------------------------------------------------------------------------------------


def test_entries_are_a_persons_and_fit_into_days(truth: Truth) -> None:
    zones = {person.person_id: person.time_zone for person in truth.people}
    days: Counter[tuple[str, date]] = Counter()
    for entry in rows_of(truth, "time_entries"):
        assert entry.minutes > 0
        assert entry.work_date.weekday() < 5
        assert START.date() <= entry.work_date
        assert entry.work_date < to_local(truth.scenario.end_at, zones[entry.person_id]).date()
        days[entry.person_id, entry.work_date] += entry.minutes
        if entry.service_id:
            assert team_of(truth, entry.service_id) == entry.team_id
    assert max(days.values()) < 16 * 60
    assert {entry.category for entry in truth.practice["time_entries"]} == TOIL | {
        "project",
        "meetings",
    }


def test_interrupts_are_logged_by_those_who_were_paged_or_by_nobody_in_a_team(truth: Truth) -> None:
    pages: Counter[tuple[str, date]] = Counter()
    for page in truth.pages:
        day = page.sent_at.date()
        pages[page.person_id, day - timedelta(days=day.weekday())] += 1
    interrupted = Counter()
    for entry in truth.practice["time_entries"]:
        if entry.category == "interrupts":
            monday = entry.work_date - timedelta(days=entry.work_date.weekday())
            assert pages[entry.person_id, monday]
            interrupted[entry.team_id] += 1
    paging = {truth.person(person_id).team_id for person_id, _ in pages}
    assert set(interrupted) < paging


# --- Governance --------------------------------------------------------------------------------


def test_answers_are_of_those_asked(truth: Truth) -> None:
    surveys = {survey.survey_id: survey for survey in rows_of(truth, "surveys")}
    counts = Counter(answer.survey_id for answer in rows_of(truth, "survey_answers"))
    for answer in truth.practice["survey_answers"]:
        survey = surveys[answer.survey_id]
        assert 0 <= answer.score <= 10
        assert survey.sent_at < answer.answered_at
        assert (answer.team_id, answer.period_start_date, answer.respondent_group) == (
            survey.team_id,
            survey.period_start_date,
            survey.respondent_group,
        )
    assert all(counts[key] <= survey.invited_count for key, survey in surveys.items())
    asked = sum(survey.invited_count for survey in surveys.values())
    assert sum(counts.values()) < asked


def test_one_team_has_four_answers_once_and_never_many(truth: Truth) -> None:
    answers = Counter(
        (answer.team_id, answer.period_start_date) for answer in truth.practice["survey_answers"]
    )
    few = {team_id for (team_id, _), count in answers.items() if count < 5}
    assert len(few) == 1
    counts = {count for (team_id, _), count in answers.items() if team_id in few}
    assert 4 in counts
    assert max(counts) <= 5


def test_evidence_is_of_a_control_that_is_due(truth: Truth) -> None:
    dues = {(row.control_id, row.period_start_date): row for row in rows_of(truth, "controls")}
    handed_in: dict[tuple[str, date], list[Any]] = defaultdict(list)
    for row in rows_of(truth, "evidence"):
        handed_in[row.control_id, row.period_start_date].append(row)
    assert set(handed_in) <= set(dues)
    courses = set()
    for key, control in dues.items():
        rows = handed_in[key]
        assert control.due_date.weekday() < 5
        assert control.due_date > control.period_start_date + timedelta(days=90)
        is_over = control.due_date < truth.scenario.end_at.date()
        if is_over and not rows:
            courses.add("overdue")
        for row in rows:
            if day_at(truth, row.submitted_at, control.team_id) > control.due_date:
                courses.add("late")
            if not row.is_complete:
                courses.add("incomplete")
            if not row.is_valid:
                courses.add("invalid")
        if [row.is_complete for row in rows] == [False, True]:
            assert rows[0].submitted_at < rows[1].submitted_at
            courses.add("corrected")
    assert courses == {"overdue", "late", "incomplete", "invalid", "corrected"}


def test_recovery_is_proved_by_a_test_of_the_year_before(truth: Truth) -> None:
    proved = 0
    controls = {
        (row.control_id, row.period_start_date): row
        for row in truth.practice["controls"]
        if row.kind == "dr_evidence"
    }
    for row in truth.practice["evidence"]:
        control = controls.get((row.control_id, row.period_start_date))
        if control and row.is_complete and row.is_valid:
            proved += 1
            assert any(
                test.evidence_url
                and test.ended_at
                and test.ended_at < row.submitted_at < test.ended_at + timedelta(days=400)
                and team_of(truth, test.service_id) == control.team_id
                for test in truth.practice["dr_tests"]
            )
    assert proved


def test_findings_follow_a_control_and_some_critical_ones_stay_open(truth: Truth) -> None:
    dues = {(row.control_id, row.period_start_date): row for row in truth.practice["controls"]}
    findings = rows_of(truth, "findings")
    for finding in findings:
        control = dues[finding.control_id, finding.period_start_date]
        assert finding.opened_at.date() >= control.due_date
        assert finding.closed_at is None or finding.opened_at < finding.closed_at
    states = {(f.severity, f.closed_at is None) for f in findings}
    assert {("critical", True), ("critical", False)} <= states


def test_promises_are_kept_changed_openly_or_broken(truth: Truth) -> None:
    courses = set()
    for item in rows_of(truth, "roadmap_items"):
        begins_at = datetime.combine(item.quarter_start_date, datetime.min.time())
        assert quarter_start(item.due_date) == item.quarter_start_date
        assert item.due_date.weekday() < 5
        assert item.delivered_at is None or item.committed_at < item.delivered_at
        if item.committed_at >= begins_at:
            courses.add("promised too late to count")
        changed = [
            day_at(truth, change.changed_at, item.team_id) < item.due_date
            for change in item.changes
        ]
        delivered_on = item.delivered_at and day_at(truth, item.delivered_at, item.team_id)
        if True in changed:
            courses.add("changed openly")
        if False in changed:
            courses.add("changed when overdue")
        if delivered_on == item.due_date:
            courses.add("on the day")
        elif delivered_on:
            courses.add("in time" if delivered_on < item.due_date else "late")
        elif not changed and item.due_date < truth.scenario.end_at.date():
            courses.add("broken")
    assert courses == {
        "promised too late to count",
        "changed openly",
        "changed when overdue",
        "on the day",
        "in time",
        "late",
        "broken",
    }


# --- The story ---------------------------------------------------------------------------------

Outcome = tuple[date, str, int, int]  # quarter, team, how much of, how much


def review_outcomes(truth: Truth) -> Iterator[Outcome]:
    pirs = {pir.incident_id: pir for pir in truth.practice["pirs"]}
    for incident in required(truth):
        due_at = due_of_review(truth, incident)
        pir = pirs.get(incident.incident_id)
        done = bool(pir and pir.completed_at and pir.completed_at <= due_at)
        yield quarter_start(due_at.date()), team_of(truth, incident.service_ids[0]), done, 1


def action_outcomes(truth: Truth) -> Iterator[Outcome]:
    for action in truth.practice["pir_actions"]:
        due = action.first_due_date
        if due and due < truth.scenario.end_at.date():
            closed = action.closed_at
            done = bool(closed and day_at(truth, closed, action.team_id) <= due)
            yield quarter_start(due), action.team_id, done, 1


def restore_outcomes(truth: Truth) -> Iterator[Outcome]:
    for restore in truth.practice["restore_tests"]:
        worked = restore.is_validated and not restore.warning_count
        quarter = quarter_start(restore.started_at.date())
        yield quarter, team_of(truth, restore.service_id), worked, 1


def forecast_outcomes(truth: Truth) -> Iterator[Outcome]:
    for service_id, month, is_near in last_forecast_errors(truth):
        yield quarter_start(month), team_of(truth, service_id), is_near, 1


def work_outcomes(truth: Truth) -> Iterator[Outcome]:
    """What was no toil, so that more is better here too."""
    for entry in truth.practice["time_entries"]:
        good = 0 if entry.category in TOIL else entry.minutes
        yield quarter_start(entry.work_date), entry.team_id, good, entry.minutes


def survey_outcomes(truth: Truth) -> Iterator[Outcome]:
    for answer in truth.practice["survey_answers"]:
        yield answer.period_start_date, answer.team_id, answer.score, 10


def control_outcomes(truth: Truth) -> Iterator[Outcome]:
    good = {
        (row.control_id, row.period_start_date)
        for row in truth.practice["evidence"]
        if row.is_complete and row.is_valid
    }
    for control in truth.practice["controls"]:
        key = (control.control_id, control.period_start_date)
        yield control.period_start_date, control.team_id, key in good, 1


def roadmap_outcomes(truth: Truth) -> Iterator[Outcome]:
    for item in truth.practice["roadmap_items"]:
        delivered = item.delivered_at
        kept = bool(delivered and day_at(truth, delivered, item.team_id) <= item.due_date) or any(
            day_at(truth, change.changed_at, item.team_id) < item.due_date
            for change in item.changes
        )
        yield item.quarter_start_date, item.team_id, kept, 1


STORIES = [
    review_outcomes,
    action_outcomes,
    restore_outcomes,
    forecast_outcomes,
    work_outcomes,
    survey_outcomes,
    control_outcomes,
    roadmap_outcomes,
]


def share(outcomes: list[Outcome]) -> float:
    return sum(good for *_, good, _ in outcomes) / sum(of for *_, of in outcomes)


@pytest.mark.parametrize("story", STORIES)
def test_the_last_whole_quarter_is_better_than_those_before(
    truth: Truth, story: Callable[[Truth], Iterator[Outcome]]
) -> None:
    better = last_whole_quarter_start(truth.scenario)
    noisy = truth.teams[NOISY_TEAM].team_id
    others = [outcome for outcome in story(truth) if outcome[1] != noisy]
    last = [outcome for outcome in others if outcome[0] == better]
    assert share(last) > share([outcome for outcome in others if outcome[0] < better])


@pytest.mark.parametrize("story", STORIES)
def test_the_team_that_drowns_in_pages_does_worse(
    truth: Truth, story: Callable[[Truth], Iterator[Outcome]]
) -> None:
    noisy = truth.teams[NOISY_TEAM].team_id
    outcomes = list(story(truth))
    drowning = [outcome for outcome in outcomes if outcome[1] == noisy]
    assert share(drowning) < share([outcome for outcome in outcomes if outcome[1] != noisy])


def test_more_than_half_of_the_drowning_teams_work_is_toil_and_nobody_elses(truth: Truth) -> None:
    teams = {
        team.team_id: 1 - share([o for o in work_outcomes(truth) if o[1] == team.team_id])
        for team in truth.teams
    }
    assert {team_id for team_id, toil in teams.items() if toil > 0.5} == {
        truth.teams[NOISY_TEAM].team_id
    }
