"""ServiceNow's audit log of incidents: one row per change, the whole incident in each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.incident_names import (
    pagerduty_incident,
    servicenow_change_numbers,
    servicenow_incident_numbers,
)
from nines.simulation.exporting.misrecorded import misrecorded
from nines.simulation.exporting.moments import day_first, next_whole_minute, quarter_name
from nines.simulation.exporting.naming import configuration_item
from nines.simulation.exporting.redelivery import (
    Deliveries,
    Record,
    Redelivery,
    Table,
    redeliver,
    rename_first,
    spoil,
    with_value,
)
from nines.simulation.exporting.states import Earlier, Told, late_name, tell_earlier
from nines.simulation.exporting.writing import write_csv
from nines.simulation.truth import Dirt, Incident, Service, Truth

SYSTEM = "servicenow"
HEADER = (
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
)
# What a log asked for with references carries too.
REFERENCES = ("short_description", "business_service", "correlation_id", "correlation_display")
UNKNOWN = "?"

TABLE = Table(SYSTEM, "servicenow_incident_events", lambda row: row["number"])
EARLIER_STATES = Earlier(first=3, last=2)
AGAIN = Redelivery(repeated=4, reexported=4, late=4)
LOCALISED = 3

AWAITING_PERMILLE = 300
CLOSES_AFTER = timedelta(days=5)
_PRIORITIES = {1: "1 - Critical", 2: "2 - High", 3: "3 - Moderate", 4: "4 - Low"}
_LEVELS = {1: "1 - High", 2: "2 - Medium", 3: "3 - Low", 4: "3 - Low"}
# A caller may be anybody: the log does not tell customers from colleagues, so it says nothing.
CONTACT_TYPES = {"monitor": "Monitoring", "person": "Phone"}


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the log; return its dirt."""
    log = _Log(truth, draws)
    led = [known for known in truth.incidents if known.recorded_in[0] == SYSTEM]
    told: Told[Incident] = {}
    for incident in led:
        file = f"incident_event_log_{quarter_name(incident.opened_at)}.csv"
        told.setdefault(file, []).append((incident, truth.scenario.end_at))
    dirt: list[Dirt] = []
    if truth.scenario.is_dirty:
        dirt += tell_earlier(told, TABLE, log.span, draws, EARLIER_STATES)
    deliveries: Deliveries = {
        file: [row for incident, as_of in incidents for row in log.rows(incident, as_of)]
        for file, incidents in told.items()
    }
    if truth.scenario.is_dirty:
        dirt += _soil(deliveries, draws)
    for file, rows in deliveries.items():
        write_csv(folder / file, HEADER, _marked(rows))

    twice = misrecorded(truth, draws).in_servicenow_too
    also = [known for known in truth.incidents if known.incident_id in twice]
    if also:
        rows = [row for incident in also for row in log.rows_beside_pagerduty(incident)]
        write_csv(folder / "incident_event_log_references.csv", HEADER + REFERENCES, _marked(rows))
        dirt += [
            Dirt("two_vendors", SYSTEM, log.numbers[known.incident_id], known.incident_id)
            for known in also
        ]
    return dirt


def _soil(deliveries: Deliveries, draws: Draws) -> list[Dirt]:
    dirt = rename_first(deliveries, late_name, SYSTEM)
    dirt += _localise(deliveries, draws)
    dirt += redeliver(deliveries, TABLE, draws, AGAIN)
    faults = (
        with_value(None, "number"),
        with_value(None, "sys_mod_count"),
        with_value("31/2/2026 09:00", "opened_at"),
    )
    return dirt + spoil(deliveries, TABLE, draws, faults)


def _localise(deliveries: Deliveries, draws: Draws) -> list[Dirt]:
    """Write a state in the language of whoever asked, where no rule depends on its name."""
    places = [
        (file, place)
        for file, rows in deliveries.items()
        for place, row in enumerate(rows)
        if row["incident_state"] == "Active"
    ]
    chosen = draws.sample(places, LOCALISED, SYSTEM, "localised")
    for file, place in chosen:
        deliveries[file][place] = {**deliveries[file][place], "incident_state": "Aktiv"}
    return [TABLE.dirt("localised_state", deliveries[file][place], file) for file, place in chosen]


def _marked(rows: list[Record]) -> Iterator[Record]:
    for row in rows:
        yield {name: UNKNOWN if value is None else value for name, value in row.items()}


@dataclass(frozen=True, slots=True)
class _Change:
    """A state an incident came to."""

    at: datetime
    state: str
    count: int  # how often the incident had been changed


class _Log:
    """Writes the rows of incidents."""

    def __init__(self, truth: Truth, draws: Draws) -> None:
        self.truth, self.draws = truth, draws
        self.end_at = truth.scenario.end_at
        self.services = {service.service_id: service for service in truth.services}
        self.groups = {team.team_id: number for number, team in enumerate(truth.teams, 1)}
        self.vendors = {vendor.vendor_id: vendor for vendor in truth.vendors}
        self.vendor_of = {
            known.vendor_incident_id: known.vendor_id for known in truth.vendor_incidents
        }
        self.numbers = servicenow_incident_numbers(truth)
        self.change_numbers = servicenow_change_numbers(truth)

    def span(self, incident: Incident) -> tuple[str, datetime, datetime | None]:
        """Return the number of an incident, and from when to when it was worked on."""
        return self.numbers[incident.incident_id], incident.opened_at, incident.resolved_at

    def rows(self, incident: Incident, as_of: datetime) -> list[Record]:
        """Return the log of an incident up to an instant, oldest change first."""
        changes = self._changes(incident)
        known = [change for change in changes if change.at <= as_of]
        # The log writes the final instants on every row, once they are known.
        ends = {change.state: change.at for change in known}
        return [
            {
                **self._row(incident, change),
                "resolved_at": _text(ends.get("Resolved")),
                "closed_at": _text(ends.get("Closed") or ends.get("Canceled")),
            }
            for change in known
        ]

    def rows_beside_pagerduty(self, incident: Incident) -> list[Record]:
        """Return the rows of an incident PagerDuty leads: typed in later, saying nothing new."""
        typed = replace(
            incident,
            severity=max(incident.severity, 1),
            opened_at=next_whole_minute(incident.opened_at),
            acknowledged_at=_next_minute(incident.acknowledged_at),
            resolved_at=_next_minute(incident.resolved_at),
            caused_by_deployment_id=None,
            vendor_incident_id=None,
            problem_id=None,
        )
        service = self.services[incident.service_ids[0]]
        references = {
            "short_description": incident.title,
            "business_service": configuration_item(service),
            "correlation_id": pagerduty_incident(self.draws, incident.incident_id),
            "correlation_display": "PagerDuty",
        }
        return [row | references for row in self.rows(typed, self.end_at)]

    def _changes(self, incident: Incident) -> list[_Change]:
        """Return the states an incident came to, in order."""
        key = ("servicenow", incident.incident_id)
        steps = [("New", incident.opened_at)]
        if incident.acknowledged_at:
            steps.append(("Active", incident.acknowledged_at))
        if incident.is_cancelled:
            steps.append(("Canceled", incident.resolved_at or steps[-1][1]))
        elif incident.resolved_at:
            steps += self._waiting(incident.acknowledged_at, incident.resolved_at, key)
            steps.append(("Resolved", incident.resolved_at))
            steps.append(("Closed", incident.resolved_at + CLOSES_AFTER))
        count, changes = 0, []
        for place, (state, at) in enumerate(steps):
            if at < self.end_at:
                changes.append(_Change(at, state, count))
            count += self.draws.integer(1, 3, *key, "changes", place)
        return changes

    def _waiting(
        self, taken_up_at: datetime | None, resolved_at: datetime, key: tuple[str, str]
    ) -> list[tuple[str, datetime]]:
        """Return that some incidents wait for somebody, half of the time they take."""
        if not taken_up_at or not self.draws.happens(AWAITING_PERMILLE, *key, "waits"):
            return []
        half = int((resolved_at - taken_up_at).total_seconds()) // 120
        state = self.draws.choice(("Awaiting User Info", "Awaiting Vendor"), *key, "waits for")
        return [(state, taken_up_at + timedelta(minutes=half))]

    def _row(self, incident: Incident, change: _Change) -> Record:
        service = self.services[incident.service_ids[0]]
        key = ("servicenow", incident.incident_id)
        level = _LEVELS[incident.severity]
        opened_at = day_first(incident.opened_at)
        is_over = change.state in ("Resolved", "Closed")
        return {
            "number": self.numbers[incident.incident_id],
            "incident_state": change.state,
            "active": _boolean(change.state not in ("Closed", "Canceled")),
            "reassignment_count": int(change.state != "New"),
            "reopen_count": 0,
            "sys_mod_count": change.count,
            "made_sla": _boolean(incident.severity > 2),
            "caller_id": self._numbered("Caller", 3000, *key, "caller"),
            "opened_by": self._numbered("Opened by ", 90, *key, "opened"),
            "opened_at": opened_at,
            "sys_created_by": self._numbered("Created by", 90, *key, "created"),
            "sys_created_at": opened_at if self.draws.happens(900, *key, "created at") else None,
            "sys_updated_by": self._numbered("Updated by", 900, *key, "updated", change.count),
            "sys_updated_at": day_first(change.at),
            "contact_type": CONTACT_TYPES.get(incident.detection_source),
            "location": self._numbered("Location", 40, *key, "location"),
            "category": "Security" if incident.is_security else "Software",
            "subcategory": self._numbered("Subcategory", 60, *key, "subcategory"),
            "u_symptom": self._numbered("Symptom", 200, *key, "symptom"),
            "cmdb_ci": configuration_item(service),
            "impact": level,
            "urgency": level,
            "priority": _PRIORITIES[incident.severity],
            "assignment_group": self._group(service),
            "assigned_to": self._numbered("Resolver", 200, *key, "resolver"),
            "knowledge": _boolean(self.draws.happens(200, *key, "knowledge")),
            "u_priority_confirmation": _boolean(incident.severity <= 2),
            "notify": "Do Not Notify",
            "problem_id": incident.problem_id,
            "rfc": None,
            "vendor": self._vendor(incident),
            "caused_by": self.change_numbers.get(incident.caused_by_deployment_id or ""),
            "closed_code": self._numbered("code", 12, *key, "code") if is_over else None,
            "resolved_by": self._numbered("Resolved by", 200, *key, "resolver")
            if is_over
            else None,
        }

    def _vendor(self, incident: Incident) -> str | None:
        vendor_id = self.vendor_of.get(incident.vendor_incident_id or "")
        return self.vendors[vendor_id].name if vendor_id else None

    def _group(self, service: Service) -> str:
        return f"Group {self.groups[service.team_id]}"

    def _numbered(self, word: str, most: int, *key: str | int) -> str:
        return f"{word} {self.draws.integer(1, most, *key)}"


def _text(moment: datetime | None) -> str | None:
    return day_first(moment) if moment else None


def _next_minute(moment: datetime | None) -> datetime | None:
    return next_whole_minute(moment) if moment else None


def _boolean(value: bool) -> str:
    return "true" if value else "false"
