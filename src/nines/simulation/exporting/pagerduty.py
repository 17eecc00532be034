"""PagerDuty: incidents, their log (nested in older files, apart in newer ones), turns on call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting import pagerduty_flood
from nines.simulation.exporting.alterations import (
    HOSTILE_TITLES,
    alter,
    with_microseconds,
    with_offsets,
)
from nines.simulation.exporting.misrecorded import IMPOSSIBLE_BY, Misrecorded, misrecorded
from nines.simulation.exporting.moments import quarter_name, zulu
from nines.simulation.exporting.naming import pagerduty_service
from nines.simulation.exporting.pagerduty_cases import Case, CaseBook, in_order
from nines.simulation.exporting.pagerduty_shapes import Account
from nines.simulation.exporting.redelivery import (
    Deliveries,
    Record,
    Redelivery,
    Table,
    redeliver,
    rename_first,
    spoil,
    with_value,
    without,
)
from nines.simulation.exporting.states import Earlier, Told, late_name, tell_earlier
from nines.simulation.exporting.writing import write_json_lines, write_json_list
from nines.simulation.truth import Dirt, Incident, Truth

SYSTEM = "pagerduty"
INCIDENTS = Table(SYSTEM, "pagerduty_incidents", lambda record: record["id"])
LOG_ENTRIES = Table(SYSTEM, "pagerduty_log_entries", lambda record: record["id"])
ONCALLS = Table(
    SYSTEM,
    "pagerduty_oncalls",
    lambda record: f"{record['schedule']['id']}/{record['start']}",
)

# Dirt that changes no meaning, in records. What does is in `misrecorded`.
EARLIER_STATES = Earlier(first=6, last=4)
INCIDENTS_AGAIN = Redelivery(repeated=5, reexported=5, late=6)
LOG_ENTRIES_AGAIN = Redelivery(repeated=10, reexported=10, late=10)
ONCALLS_AGAIN = Redelivery(repeated=3, reexported=3, late=3)
IN_TWO_POLICIES = 3
ALTERED = {"offset_time": 8, "microseconds": 8, "missing_updated_at": 6, "missing_summary": 4}
HOSTILE_TITLES_EACH = 2

Plan = Told[Case]  # by quarter


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write PagerDuty's exports; return their dirt."""
    book = CaseBook(truth, draws)
    cases, dirt = _misrecord(book, draws, misrecorded(truth, draws))
    account = Account(truth.people, draws, cases)
    plan = _by_quarter(cases, truth.scenario.end_at)
    nested = list(plan)[: len(plan) // 2]
    if truth.scenario.is_dirty:
        dirt += tell_earlier(plan, INCIDENTS, _span, draws, EARLIER_STATES)
    incidents = _incidents(account, plan, nested)
    entries = _log_entries(account, plan, nested)
    oncalls = _oncalls(truth, account)
    if truth.scenario.is_dirty:
        dirt += _soil_incidents(incidents, draws, _catalogued(truth, draws))
        dirt += _soil_log_entries(entries, draws)
        dirt += _soil_oncalls(oncalls, draws, account, truth)
    _write(folder, "incidents", incidents)
    _write(folder, "log_entries", entries)
    _write(folder, "oncalls", oncalls)
    if truth.scenario.scale > 1:
        pagerduty_flood.write(truth, draws, folder)
    return dirt


# --- Files -------------------------------------------------------------------------------------


def _by_quarter(cases: Iterable[Case], end_at: datetime) -> Plan:
    plan: Plan = {}
    for case in cases:
        plan.setdefault(quarter_name(case.opened_at), []).append((case, end_at))
    return plan


def _incidents(account: Account, plan: Plan, nested: Sequence[str]) -> Deliveries:
    deliveries: Deliveries = {}
    for quarter, told in plan.items():
        if quarter in nested:
            records = [account.incident_with_log(case, as_of) for case, as_of in told]
            deliveries[f"incidents_{quarter}.jsonl"] = records
        else:
            records = [account.incident(case, as_of) for case, as_of in told]
            deliveries[f"incidents_{quarter}.json"] = records
    return deliveries


def _log_entries(account: Account, plan: Plan, nested: Sequence[str]) -> Deliveries:
    return {
        f"log_entries_{quarter}.json": sorted(
            (entry for case, as_of in told for entry in account.log_entries(case, as_of)),
            key=lambda entry: entry["created_at"],
            reverse=True,
        )
        for quarter, told in plan.items()
        if quarter not in nested
    }


def _oncalls(truth: Truth, account: Account) -> Deliveries:
    teams = {team.team_id: team for team in truth.teams}
    deliveries: Deliveries = {}
    shifts = sorted(
        truth.shifts,
        key=lambda shift: (shift.started_at or truth.scenario.start_at, shift.schedule_id),
    )
    for shift in shifts:
        quarter = quarter_name(shift.started_at or truth.scenario.start_at)
        record = {
            "escalation_policy": account.escalation_policy(teams[shift.team_id]),
            "escalation_level": shift.level,
            "schedule": account.schedule(shift.schedule_id),
            "user": account.user(account.people[shift.person_id]),
            "start": zulu(shift.started_at) if shift.started_at else None,
            "end": zulu(shift.ended_at) if shift.ended_at else None,
        }
        deliveries.setdefault(f"oncalls_{quarter}.json", []).append(record)
    return deliveries


def _write(folder: Path, name: str, deliveries: Deliveries) -> None:
    for file, records in deliveries.items():
        if file.endswith(".jsonl"):
            write_json_lines(folder / file, records)
        else:
            around = {"limit": 100, "offset": 0, "total": None, "more": False}
            write_json_list(folder / file, name, records, around)


# --- Dirt that means something -----------------------------------------------------------------


def _misrecord(book: CaseBook, draws: Draws, wrong: Misrecorded) -> tuple[list[Case], list[Dirt]]:
    """Return the cases as they are recorded, some of them wrongly or twice."""
    cases: list[Case] = []
    dirt: list[Dirt] = []
    for case in book.all():
        recorded, fault = _misrecorded_case(case, draws, wrong)
        cases.append(recorded)
        dirt += [fault] if fault else []
    for incident in book.truth.incidents:
        if incident.incident_id in wrong.merged:
            again = _opened_again(book, draws, incident)
            cases.append(again)
            dirt.append(Dirt("merged", SYSTEM, again.case_id, incident_id=incident.incident_id))
    return in_order(cases), dirt


def _misrecorded_case(case: Case, draws: Draws, wrong: Misrecorded) -> tuple[Case, Dirt | None]:
    incident_id = case.incident_id
    if case.merged_into:
        return case, None
    if incident_id in wrong.never_closed:
        dirt = Dirt("never_closed", SYSTEM, case.case_id, incident_id=incident_id)
        return replace(case, resolved_at=None), dirt
    if incident_id in wrong.impossible_duration:
        resolved_at = case.opened_at - IMPOSSIBLE_BY
        dirt = Dirt(
            "impossible_duration",
            SYSTEM,
            case.case_id,
            incident_id=incident_id,
            detail=f"resolved {zulu(resolved_at)}",
        )
        return replace(case, resolved_at=resolved_at), dirt
    if incident_id in wrong.unknown_service:
        name = f"{case.service_name}-canary".lower().replace(" ", "-")
        unknown = replace(case, service_id=pagerduty_service(draws, name), service_name=name)
        dirt = Dirt(
            "unknown_service",
            SYSTEM,
            case.case_id,
            incident_id=incident_id,
            recorded_service=name,
        )
        return unknown, dirt
    return case, None


def _opened_again(book: CaseBook, draws: Draws, incident: Incident) -> Case:
    """Return the same trouble opened a second time a little later, and merged into the first."""
    seconds = draws.integer(30, 200, "pagerduty", "opened again", incident.incident_id)
    opened_at = incident.opened_at + timedelta(seconds=seconds)
    if incident.resolved_at:
        opened_at = min(opened_at, incident.resolved_at)
    return book.merged_case(incident, incident.service_ids[0], opened_at)


# --- Dirt that means nothing -------------------------------------------------------------------


def _span(case: Case) -> tuple[str, datetime, datetime | None]:
    return case.case_id, case.opened_at, case.resolved_at


def _soil_incidents(deliveries: Deliveries, draws: Draws, catalogued: frozenset[str]) -> list[Dirt]:
    changes: dict[str, tuple[int, Callable[[Record], Record]]] = {
        "offset_time": (ALTERED["offset_time"], with_offsets),
        "microseconds": (ALTERED["microseconds"], with_microseconds),
        "missing_updated_at": (ALTERED["missing_updated_at"], _without_updated_at),
        "missing_summary": (ALTERED["missing_summary"], with_value(None, "service", "summary")),
        **{
            kind: (HOSTILE_TITLES_EACH, partial(_titled, rewrite))
            for kind, rewrite in HOSTILE_TITLES.items()
        },
    }
    dirt = rename_first(deliveries, late_name, SYSTEM)
    dirt += alter(
        deliveries,
        INCIDENTS,
        draws,
        changes,
        # Without its summary a service is known only where a catalogue has its id.
        fits=lambda record: record["service"]["id"] in catalogued,
    )
    dirt += redeliver(deliveries, INCIDENTS, draws, INCIDENTS_AGAIN)
    faults = (
        _without_id,
        with_value("2026-02-30T10:00:00Z", "created_at"),
        with_value("suppressed", "status"),
    )
    return dirt + spoil(deliveries, INCIDENTS, draws, faults)


def _soil_log_entries(deliveries: Deliveries, draws: Draws) -> list[Dirt]:
    changes = {"offset_time": (ALTERED["offset_time"], with_offsets)}
    dirt = alter(deliveries, LOG_ENTRIES, draws, changes)
    dirt += redeliver(deliveries, LOG_ENTRIES, draws, LOG_ENTRIES_AGAIN)
    faults = (
        without("id"),
        without("incident", "id"),
        with_value("2026-04-31T09:00:00Z", "created_at"),
    )
    return dirt + spoil(deliveries, LOG_ENTRIES, draws, faults)


def _soil_oncalls(
    deliveries: Deliveries, draws: Draws, account: Account, truth: Truth
) -> list[Dirt]:
    policies = [account.escalation_policy(team) for team in truth.teams]
    dirt = []
    places = [(file, place) for file in deliveries for place in range(len(deliveries[file]))]
    for file, place in draws.sample(places, IN_TWO_POLICIES, "pagerduty", "two policies"):
        record = deliveries[file][place]
        others = [policy for policy in policies if policy != record["escalation_policy"]]
        if others:
            deliveries[file].append({**record, "escalation_policy": others[0]})
            dirt.append(ONCALLS.dirt("repeated_record", record, file))
    dirt += redeliver(deliveries, ONCALLS, draws, ONCALLS_AGAIN)
    return dirt + spoil(
        deliveries, ONCALLS, draws, (without("escalation_level"), without("user", "id"))
    )


def _catalogued(truth: Truth, draws: Draws) -> frozenset[str]:
    return frozenset(
        pagerduty_service(draws, service.service_id)
        for service in truth.services
        if service.catalogued_in
    )


def _without_id(record: Record) -> Record:
    """Return an incident nobody can name; its log, were it nested, would be refused with it."""
    log = {"log_entries": []} if "log_entries" in record else {}
    return {**record, "id": None, **log}


def _without_updated_at(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "updated_at"}


def _titled(rewrite: Callable[[str], str], record: Record) -> Record:
    title = rewrite(record["title"])
    number = record["incident_number"]
    return {**record, "title": title, "description": title, "summary": f"[#{number}] {title}"}
