"""The simulated history is causal, tells its story, and stays within its span."""

import dataclasses
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from nines.simulation import company, history
from nines.simulation.clock import last_whole_quarter_start, quarter_start, to_local
from nines.simulation.company import EXHAUSTED_SERVICE, NOISY_TEAM
from nines.simulation.draws import Draws
from nines.simulation.truth import Scenario, Truth

START = datetime(2025, 7, 1)


def lived(seed: int, services: int, days: int) -> Truth:
    """Return a company with its history."""
    draws = Draws(seed)
    truth = company.found(
        Scenario(seed, services, START, START + timedelta(days=days), 1, is_dirty=False), draws
    )
    history.happen(truth, draws)
    return truth


@pytest.fixture(scope="module", params=[7, 11])
def truth(request: pytest.FixtureRequest) -> Truth:
    """A company of two years of living, for two seeds."""
    return lived(request.param, 24, 460)


def test_nothing_happens_before_the_history_or_after_it(truth: Truth) -> None:
    born = {service.service_id: service.first_seen_date for service in truth.services}
    for kind in ("deployments", "incidents", "alerts", "pages", "vendor_incidents", "maintenances"):
        rows = getattr(truth, kind)
        assert rows, kind
        for row in rows:
            moments = [
                value
                for name, value in dataclasses.asdict(row).items()
                if name.endswith("_at") and isinstance(value, datetime)
            ]
            assert all(START <= moment < truth.scenario.end_at for moment in moments), row
            service_id = getattr(row, "service_id", None)
            if service_id:
                assert min(moments).date() >= born[service_id], row


def test_the_clocks_of_an_incident_run_forward(truth: Truth) -> None:
    for incident in truth.incidents:
        moments = [
            incident.impact_started_at,
            incident.detected_at,
            incident.opened_at,
            incident.acknowledged_at,
            incident.mitigated_at,
            incident.resolved_at,
        ]
        known = [moment for moment in moments if moment]
        assert known == sorted(known), incident
        assert incident.mitigated_at or not incident.resolved_at, incident
        if incident.stated_impact_started_at:
            assert incident.stated_impact_started_at < incident.first_customer_update_at
        if incident.stated_mitigated_at:
            assert incident.stated_mitigated_at > incident.first_customer_update_at


def test_a_release_taken_back_is_followed_by_the_version_before_it(truth: Truth) -> None:
    lines = defaultdict(list)
    for deployment in truth.deployments:
        lines[deployment.service_id].append(deployment)
    rolled_back = 0
    for line in lines.values():
        for earlier, later in pairwise(line):
            assert (earlier.finished_at or earlier.started_at) < later.started_at
            if earlier.outcome == "rolled_back":
                rolled_back += 1
                assert later.kind == "rollback"
                assert later.version == earlier.previous_version
                assert later.remediates_deployment_id == earlier.deployment_id
            else:
                assert later.kind != "rollback"
    assert rolled_back > 5


def test_an_incident_of_a_release_begins_after_it_on_its_service(truth: Truth) -> None:
    made = {deployment.deployment_id: deployment for deployment in truth.deployments}
    caused = [incident for incident in truth.incidents if incident.caused_by_deployment_id]
    assert len(caused) > 10
    for incident in caused:
        deployment = made[incident.caused_by_deployment_id]
        assert incident.service_ids[0] == deployment.service_id
        assert incident.impact_started_at >= deployment.finished_at - timedelta(minutes=1)
        assert deployment.caused_incident_id == incident.incident_id


def test_what_a_release_or_a_provider_broke_was_no_mistake() -> None:
    # Companies in which chance would have cancelled such an incident.
    incidents = [incident for seed in (2, 5, 13) for incident in lived(seed, 24, 460).incidents]
    cancelled = [incident for incident in incidents if incident.is_cancelled]
    assert cancelled
    for incident in cancelled:
        assert not incident.caused_by_deployment_id, incident
        assert not incident.vendor_incident_id, incident


def test_incidents_spread_only_to_services_that_call_the_origin(truth: Truth) -> None:
    services = {service.service_id: service for service in truth.services}
    spread = [incident for incident in truth.incidents if len(incident.service_ids) > 1]
    assert spread
    for incident in spread:
        origin, *reached = incident.service_ids
        assert all(origin in services[service_id].depends_on for service_id in reached)
        assert len(incident.spread_at) == len(reached)


def test_service_now_knows_whole_minutes_and_no_severity_zero(truth: Truth) -> None:
    recorded = [incident for incident in truth.incidents if incident.recorded_in[0] != "pagerduty"]
    assert recorded
    for incident in recorded:
        assert incident.severity >= 1
        for moment in (incident.opened_at, incident.acknowledged_at, incident.resolved_at):
            assert moment is None or moment.second == 0


def test_pages_go_to_whoever_is_on_call(truth: Truth) -> None:
    teams = {service.service_id: service.team_id for service in truth.services}
    on_call = defaultdict(list)
    for shift in truth.shifts:
        on_call[shift.team_id, shift.level].append(shift)
    for page in truth.pages:
        # Whoever was on call when the alert came up is called, whatever the step's delay.
        reached = {
            shift.person_id
            for shift in on_call[teams[page.service_id], page.level]
            if shift.started_at <= page.sent_at < shift.ended_at + timedelta(minutes=11)
        }
        assert page.person_id in reached, page
        assert page.acknowledged_at is None or page.acknowledged_at > page.sent_at, page


def test_shifts_follow_one_another_and_change_hands_at_nine_by_the_teams_clocks(
    truth: Truth,
) -> None:
    zones = {team.team_id: team.time_zone for team in truth.teams}
    turns = defaultdict(list)
    for shift in truth.shifts:
        if shift.started_at:
            turns[shift.team_id, shift.level].append(shift)
            local = to_local(shift.started_at, zones[shift.team_id])
            assert (local.weekday(), local.hour, local.minute) == (0, 9, 0)
    lengths = Counter()
    for shifts in turns.values():
        assert shifts[0].started_at <= truth.scenario.start_at
        assert shifts[-1].ended_at >= truth.scenario.end_at
        for earlier, later in pairwise(shifts):
            assert earlier.ended_at == later.started_at
        lengths.update(
            (shift.ended_at - shift.started_at) // timedelta(hours=1) for shift in shifts
        )
    assert set(lengths) == {167, 168, 169}, (
        "weeks with a change of the clocks are longer or shorter"
    )


def test_one_team_drowns_in_noise(truth: Truth) -> None:
    teams = {service.service_id: service.team_id for service in truth.services}
    pages = Counter(teams[page.service_id] for page in truth.pages if page.alert_id)
    (noisiest, most), (_, next_most) = pages.most_common(2)
    assert noisiest == truth.teams[NOISY_TEAM].team_id
    assert most > 3 * next_most


def test_one_service_spends_its_budget_and_goes_on_releasing(truth: Truth) -> None:
    service_id = truth.services[EXHAUSTED_SERVICE].service_id
    first = datetime.combine(last_whole_quarter_start(truth.scenario), datetime.min.time())
    window_end = first + timedelta(days=40)
    outages = [
        incident.mitigated_at - incident.impact_started_at
        for incident in truth.incidents
        if incident.service_ids[0] == service_id
        and incident.severity <= 2
        and window_end - timedelta(days=28) <= incident.impact_started_at < window_end
    ]
    down = sum(outages, timedelta())
    assert down > timedelta(hours=10), "28 days at 99.9 % allow 40 minutes"
    released = [
        deployment
        for deployment in truth.deployments
        if deployment.service_id == service_id
        and window_end < deployment.started_at < window_end + timedelta(days=20)
        and deployment.kind == "release"
    ]
    assert released


def test_the_last_whole_quarter_is_better_than_the_one_before(truth: Truth) -> None:
    incidents: Counter[date] = Counter()
    for incident in truth.incidents:
        if incident.severity <= 2:
            incidents[quarter_start(incident.opened_at.date())] += 1
    last = last_whole_quarter_start(truth.scenario)
    before = quarter_start(last - timedelta(days=1))
    assert incidents[last] < incidents[before]


def test_something_is_open_when_the_history_ends(truth: Truth) -> None:
    still_open = [incident for incident in truth.incidents if not incident.mitigated_at]
    assert any(incident.severity == 1 for incident in still_open)


@pytest.mark.parametrize(("services", "days"), [(1, 1), (1, 5), (2, 40), (9, 90)])
def test_small_companies_live_too(services: int, days: int) -> None:
    truth = lived(3, services, days)
    assert len(truth.services) == services
    assert len({service.service_id for service in truth.services}) == services


def test_people_and_services_have_names_of_their_own() -> None:
    truth = company.found(
        Scenario(7, 400, START, START + timedelta(days=30), 1, is_dirty=False), Draws(7)
    )
    for names in (
        [service.service_id for service in truth.services],
        [person.email for person in truth.people],
        [person.github_login for person in truth.people],
        [person.pagerduty_id for person in truth.people],
        [team.team_id for team in truth.teams],
    ):
        assert len(set(names)) == len(names)
