"""What was tried before it was needed: disaster recovery, restores, chaos, load."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from nines.simulation.practice.calendars import (
    AFTERNOON,
    MORNING,
    NOON,
    midnight,
    utc_at,
    weekday_from,
)
from nines.simulation.practice.circumstances import Circumstances
from nines.simulation.practice.records import (
    ChaosExperiment,
    ChaosProbe,
    DrTest,
    LoadTest,
    RestoreTest,
)
from nines.simulation.truth import Service

Row = TypeVar("Row", DrTest, RestoreTest, ChaosExperiment, LoadTest)

_SCENARIOS = ("region_failover", "zone_loss", "database_failover", "rebuild_from_backup")
# RTO and RPO in seconds by tier.
_OBJECTIVES = {0: (900, 60), 1: (3600, 900)}
# How a DR test goes. "exact" meets both objectives to the second; "unmeasured" has no RPO.
_DR_COURSES = {
    "steady": (
        ("passed", 6), ("exact", 1), ("missed_rpo", 1), ("missed_rto", 1), ("unmeasured", 1),
        ("critical_issue", 1), ("not_held", 1),
    ),
    "better": (("passed", 6), ("exact", 1)),
    "drowning": (("missed_rto", 2), ("passed", 2), ("unmeasured", 2), ("not_held", 2)),
}  # fmt: skip

_STATEFUL_PERMILLE = 450
_UNRESTORED_PERMILLE = 80  # of the stateful services: their restores were never tried
_RESTORES = {
    "steady": (
        ("validated", 20), ("warnings", 1), ("warnings_validated", 1), ("unvalidated", 2),
        ("partially_failed", 1), ("failed", 1), ("skipped", 2),
    ),
    "better": (("validated", 24), ("unvalidated", 1)),
    "drowning": (
        ("validated", 6), ("warnings", 2), ("unvalidated", 3), ("partially_failed", 1),
        ("failed", 1), ("skipped", 3),
    ),
}  # fmt: skip

_FAULTS = ("pod-delete", "pod-network-latency", "node-drain", "pod-cpu-hog", "disk-fill")
_PROBES = (
    ("checks-the-health-page", "httpProbe"), ("error-rate-stays-low", "promProbe"),
    ("queue-drains", "cmdProbe"),
)  # fmt: skip
_VERDICTS = (
    ("Pass", 6), ("unprobed", 2), ("Fail", 2), ("Stopped", 1), ("Error", 1), ("Awaited", 1),
)  # fmt: skip

_LOADS = ("average_day", "peak_day", "stress")
# Milliseconds the 95th percentile may take, by tier.
_BUDGETS = {0: 250, 1: 400, 2: 800, 3: 1500}
_LOAD_COURSES = {
    "steady": (("within", 6), ("exact", 1), ("slow", 2), ("failing", 1)),
    "better": (("within", 9), ("slow", 1)),
    "drowning": (("slow", 2), ("within", 2), ("failing", 1)),
}


def rehearse_disasters(company: Circumstances) -> list[DrTest]:
    """Return the DR tests: half-yearly for tier 0, yearly for tier 1, none of some services."""
    tests = []
    for service in company.truth.services:
        if service.tier in _OBJECTIVES:
            every = 182 if service.tier == 0 else 365
            for day in _days_every(company, service, every, "dr"):
                test = _dr_test(company, service, day)
                if test is not None:
                    tests.append(test)
    return _numbered(tests, lambda test: test.planned_at, "test_id", "DR")


def _dr_test(company: Circumstances, service: Service, day: date) -> DrTest | None:
    draws = company.draws
    key = (service.service_id, day)
    planned_at = _local(company, service, day, (MORNING, 14 * 60), "dr-at")
    if company.happened(planned_at) is None:
        return None
    mood = company.mood(service.team_id, planned_at)
    course = company.decks.deal(_DR_COURSES[mood], "dr", mood)
    rto_target, rpo_target = _OBJECTIVES[service.tier]
    rto = rto_target * draws.integer(400, 950, "dr-rto", *key) // 1000
    rpo = rpo_target * draws.integer(0, 900, "dr-rpo", *key) // 1000
    if course == "exact":
        rto, rpo = rto_target, rpo_target
    elif course == "missed_rto":
        rto = rto_target * draws.integer(1010, 3000, "dr-rto-missed", *key) // 1000
    elif course == "missed_rpo":
        rpo = rpo_target * draws.integer(1020, 6000, "dr-rpo-missed", *key) // 1000
    delay = timedelta(minutes=draws.integer(0, 45, "dr-delay", *key))
    started_at = company.happened(planned_at + delay) if course != "not_held" else None
    ended_at = None
    if started_at is not None:
        rest = draws.integer(600, 5400, "dr-rest", *key)
        ended_at = company.happened(started_at + timedelta(seconds=rto + rest))
    is_over = ended_at is not None
    has_critical_issue = is_over and course == "critical_issue"
    # Leaders call a test passed when the service came back; what was not measured they do not miss.
    result = "failed" if has_critical_issue or rto > rto_target else "passed"
    number = draws.integer(100, 999, "dr-evidence", *key)
    return DrTest(
        test_id="",
        service_id=service.service_id,
        scenario=draws.choice(_SCENARIOS, "dr-scenario", *key),
        planned_at=planned_at,
        started_at=started_at,
        ended_at=ended_at,
        rto_target_seconds=rto_target,
        rpo_target_seconds=rpo_target,
        achieved_rto_seconds=rto if is_over else None,
        achieved_rpo_seconds=rpo if is_over and course != "unmeasured" else None,
        has_critical_issue=has_critical_issue,
        stated_result=result if is_over else None,
        evidence_url=f"https://wiki.example.com/dr/{service.service_id}/{number}"
        if is_over and draws.happens(850, "dr-evidenced", *key)
        else None,
    )


def try_restores(company: Circumstances) -> list[RestoreTest]:
    """Return the restores tried: about monthly for each service that keeps data."""
    draws = company.draws
    tests = []
    for service in company.truth.services:
        is_stateful = draws.happens(_STATEFUL_PERMILLE, "stateful", service.service_id)
        if not is_stateful or draws.happens(_UNRESTORED_PERMILLE, "unrestored", service.service_id):
            continue
        for day in _days_every(company, service, 30, "restore"):
            test = _restore_test(company, service, day)
            if test is not None:
                tests.append(test)
    return _numbered(tests, lambda test: test.started_at, "restore_id", "RESTORE")


def _restore_test(company: Circumstances, service: Service, day: date) -> RestoreTest | None:
    draws = company.draws
    key = (service.service_id, day)
    started_at = _local(company, service, day, (MORNING, NOON), "restore-at")
    if company.happened(started_at) is None:
        return None
    mood = company.mood(service.team_id, started_at)
    course = company.decks.deal(_RESTORES[mood], "restore", mood)
    if course == "skipped":
        return None
    duration = draws.long_tailed(1500, "restore-duration", *key)
    ended_at = company.happened(started_at + timedelta(seconds=duration))
    is_over = ended_at is not None
    phase = {"partially_failed": "PartiallyFailed", "failed": "Failed"}.get(course, "Completed")
    warnings = draws.integer(1, 12, "restore-warnings", *key)
    return RestoreTest(
        restore_id="",
        service_id=service.service_id,
        backup_id=f"{service.service_id}-{(day - timedelta(days=1)).strftime('%Y%m%d')}",
        recorded_in=draws.choice(("velero", "csv"), "restore-recorded-in", service.team_id),
        started_at=started_at,
        ended_at=ended_at,
        phase=phase if is_over else "InProgress",
        warning_count=warnings if is_over and course.startswith("warnings") else 0,
        error_count=warnings if is_over and phase in ("PartiallyFailed", "Failed") else 0,
        is_validated=is_over and course in ("validated", "warnings_validated"),
    )


def break_on_purpose(company: Circumstances) -> list[ChaosExperiment]:
    """Return the chaos experiments: quarterly, for half of the services of tiers 0 and 1."""
    draws = company.draws
    experiments = []
    for service in company.truth.services:
        if service.tier > 1 or not draws.happens(550, "chaotic", service.service_id):
            continue
        for day in _days_every(company, service, 91, "chaos"):
            started_at = _local(company, service, day, (MORNING, NOON), "chaos-at")
            if company.happened(started_at) is not None:
                experiments.append(_experiment(company, service, started_at))
    return _numbered(experiments, lambda each: each.started_at, "experiment_id", "CHAOS")


def _experiment(company: Circumstances, service: Service, started_at: datetime) -> ChaosExperiment:
    draws = company.draws
    key = (service.service_id, started_at)
    course = company.decks.deal(_VERDICTS, "chaos")
    verdict = "Pass" if course == "unprobed" else course
    duration = timedelta(seconds=draws.integer(120, 1800, "chaos-duration", *key))
    ended_at = company.happened(started_at + duration) if verdict != "Awaited" else None
    if ended_at is None:
        verdict = "Awaited"
    probes: list[tuple[str, str]] = []
    if course != "unprobed":
        probes = draws.sample(_PROBES, draws.integer(1, 3, "chaos-probes", *key), "probe", *key)
    # A failed experiment is one whose first probe saw harm; the others may have seen none.
    passed = [
        verdict == "Pass" or (verdict == "Fail" and number > 0 and draws.happens(500, "saw", *key))
        for number in range(len(probes))
    ]
    return ChaosExperiment(
        experiment_id="",
        service_id=service.service_id,
        fault=draws.choice(_FAULTS, "fault", *key),
        started_at=started_at,
        ended_at=ended_at,
        verdict=verdict,
        fail_step={"Fail": "probe failed", "Error": "chaos not injected"}.get(verdict),
        probes=tuple(
            ChaosProbe(name, kind, is_passed)
            for (name, kind), is_passed in zip(probes, passed, strict=True)
        )
        if ended_at is not None
        else (),
    )


def try_load(company: Circumstances) -> list[LoadTest]:
    """Return the load tests: quarterly for tiers 0 and 1, half-yearly for some others."""
    draws = company.draws
    tests = []
    for service in company.truth.services:
        if service.tier > 1 and not draws.happens(300, "load-tested", service.service_id):
            continue
        for day in _days_every(company, service, 91 if service.tier <= 1 else 182, "load"):
            started_at = _local(company, service, day, (AFTERNOON, 17 * 60), "load-at")
            minutes = draws.integer(10, 60, "load-minutes", service.service_id, day)
            ended_at = company.happened(started_at + timedelta(minutes=minutes))
            if ended_at is not None:
                tests.append(_load_test(company, service, started_at, ended_at))
    return _numbered(tests, lambda test: test.started_at, "test_id", "LOAD")


def _load_test(
    company: Circumstances, service: Service, started_at: datetime, ended_at: datetime
) -> LoadTest:
    draws = company.draws
    key = (service.service_id, started_at)
    mood = company.mood(service.team_id, started_at)
    course = company.decks.deal(_LOAD_COURSES[mood], "load", mood)
    scenario = draws.choice(_LOADS, "load-scenario", *key)
    budget = _BUDGETS[service.tier]
    p95 = budget * draws.integer(350, 950, "load-p95", *key) // 1000
    if course == "exact":
        p95 = budget
    elif course == "slow":
        p95 = budget * draws.integer(1010, 2500, "load-slow", *key) // 1000
    times = 1 + _LOADS.index(scenario)
    seconds = (ended_at - started_at).seconds
    requests = max(100, service.requests_per_hour * times * seconds // 3600)
    failed = requests * draws.integer(0, 4, "load-failed", *key) // 1000
    if course == "failing":
        failed = requests * draws.integer(15, 120, "load-failing", *key) // 1000
    return LoadTest(
        test_id="",
        service_id=service.service_id,
        tool=draws.choice(("k6", "k6_export", "jmeter"), "load-tool", service.team_id),
        scenario=scenario,
        started_at=started_at,
        ended_at=ended_at,
        request_count=requests,
        failed_request_count=failed,
        median_milliseconds=max(1, p95 * draws.integer(250, 450, "load-p50", *key) // 1000),
        p95_milliseconds=p95,
        p99_milliseconds=p95 * draws.integer(1100, 2200, "load-p99", *key) // 1000,
        p95_budget_milliseconds=budget,
        failed_budget_permille=10,
    )


def _days_every(
    company: Circumstances, service: Service, every: int, purpose: str
) -> Iterator[date]:
    """Yield a service's working days for something done every so many days, give or take a few."""
    draws = company.draws
    first = company.service_start(service).date() + timedelta(days=1)
    day = first + timedelta(days=draws.integer(0, every - 1, purpose, "first", service.service_id))
    while midnight(day) < company.end_at:
        yield weekday_from(day)
        slack = every // 10
        day += timedelta(
            days=every + draws.integer(-slack, slack, purpose, "next", service.service_id, day)
        )


def _local(
    company: Circumstances, service: Service, day: date, between: tuple[int, int], purpose: str
) -> datetime:
    """Return a moment of a day, by the clocks of the service's team."""
    minute = company.draws.integer(*between, purpose, service.service_id, day)
    return utc_at(day, minute, company.teams[service.team_id].time_zone)


def _numbered(
    rows: list[Row], when: Callable[[Row], datetime], id_field: str, prefix: str
) -> list[Row]:
    """Return the rows in order of time, with ids that count them."""
    ordered = sorted(rows, key=lambda row: (when(row), row.service_id))
    return [
        replace(row, **{id_field: f"{prefix}-{number:04d}"})
        for number, row in enumerate(ordered, 1)
    ]
