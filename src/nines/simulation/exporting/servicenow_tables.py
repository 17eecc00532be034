"""ServiceNow's incident, task and change tables, as a warehouse connector copies them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.incident_names import (
    pagerduty_incident,
    servicenow_change_numbers,
    servicenow_incident_numbers,
    servicenow_key,
)
from nines.simulation.exporting.misrecorded import misrecorded
from nines.simulation.exporting.moments import next_whole_minute, one_digit_hour
from nines.simulation.exporting.naming import ORGANISATION, configuration_item
from nines.simulation.exporting.redelivery import (
    Record,
    Redelivery,
    Table,
    redeliver,
    spoil,
    with_value,
)
from nines.simulation.exporting.states import Earlier, Told, shaped, tell_earlier
from nines.simulation.exporting.writing import write_csv
from nines.simulation.truth import Deployment, Dirt, Incident, Truth

SYSTEM = "servicenow_tables"
INCIDENT_HEADER = (
    "sys_id",
    "_fivetran_deleted",
    "_fivetran_synced",
    "business_impact",
    "business_stc",
    "calendar_stc",
    "caller_id_link",
    "caller_id_value",
    "category",
    "cause",
    "caused_by_link",
    "caused_by_value",
    "child_incidents",
    "close_code",
    "hold_reason",
    "incident_state",
    "notify",
    "origin_id_link",
    "origin_id_value",
    "parent_incident_link",
    "parent_incident_value",
    "problem_id_link",
    "problem_id_value",
    "reopen_count",
    "reopened_by_link",
    "reopened_by_value",
    "reopened_time",
    "resolved_at",
    "resolved_by_link",
    "resolved_by_value",
    "rfc_link",
    "rfc_value",
    "severity",
    "subcategory",
    "sys_created_on",
    "sys_updated_on",
)
TASK_HEADER = (
    "sys_id",
    "_fivetran_deleted",
    "_fivetran_synced",
    "sys_class_name",
    "number",
    "short_description",
    "priority",
    "opened_at",
    "closed_at",
    "contact_type",
    "business_service",
    "cmdb_ci_value",
    "correlation_id",
    "correlation_display",
    "sys_created_on",
    "sys_updated_on",
)
CHANGE_HEADER = (
    "sys_id",
    "_fivetran_deleted",
    "_fivetran_synced",
    "backout_plan",
    "cab_date",
    "cab_date_time",
    "cab_delegate_link",
    "cab_delegate_value",
    "cab_recommendation",
    "cab_required",
    "category",
    "change_plan",
    "chg_model_link",
    "chg_model_value",
    "close_code",
    "conflict_last_run",
    "conflict_status",
    "end_date",
    "implementation_plan",
    "justification",
    "on_hold",
    "on_hold_reason",
    "on_hold_task",
    "outside_maintenance_schedule",
    "phase",
    "phase_state",
    "production_system",
    "reason",
    "requested_by_date",
    "requested_by_link",
    "requested_by_value",
    "review_comments",
    "review_date",
    "review_status",
    "risk",
    "risk_impact_analysis",
    "scope",
    "start_date",
    "std_change_producer_version_link",
    "std_change_producer_version_value",
    "sys_created_on",
    "sys_updated_on",
    "test_plan",
    "type",
    "unauthorized",
    # The table has these too; the connector's copy can leave them to the task table.
    "number",
    "state",
    "cmdb_ci",
    "work_start",
    "work_end",
)

INCIDENTS = Table(SYSTEM, "servicenow_tables_incidents", lambda row: row["sys_id"])
TASKS = Table(SYSTEM, "servicenow_tables_tasks", lambda row: row["sys_id"])
EARLIER_STATES = Earlier(first=3, last=2)
INCIDENTS_AGAIN = Redelivery(repeated=3, reexported=2, late=2)
MERGED_CHILDREN = 2
DELETED = 2

CLOSES_AFTER = timedelta(days=5)
# The state of a record, as ServiceNow numbers it.
_NEW, _IN_PROGRESS, _RESOLVED, _CLOSED, _CANCELED = 1, 2, 6, 7, 8
_CHANGE_IMPLEMENTED, _CHANGE_CLOSED, _CHANGE_CANCELED = -1, 3, 4
# A caller may be anybody: the tables do not tell customers from colleagues, so they say nothing.
_CONTACT_TYPES = {"monitor": "monitoring", "person": "phone"}
_CLOSE_CODES = {
    "succeeded": "successful",
    "failed": "unsuccessful",
    "rolled_back": "unsuccessful",
}
_LINKS = f"https://{ORGANISATION}.example.com/api/now/table"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A record of the incident table, and of the task table that holds the rest of it."""

    key: str
    number: str
    incident: Incident  # what the record says of it
    parent_key: str | None = None
    correlation_id: str | None = None
    is_deleted: bool = False


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the tables; return their dirt."""
    connector = _Connector(truth, draws)
    led = [known for known in truth.incidents if known.recorded_in[0] == SYSTEM]
    tickets = [connector.ticket(incident) for incident in led]
    told: Told[Ticket] = {"incident.csv": [(ticket, truth.scenario.end_at) for ticket in tickets]}
    dirt: list[Dirt] = []
    if truth.scenario.is_dirty:
        told[f"incident_{truth.scenario.end_at:%Y_%m_%d}.csv"] = []
        dirt += tell_earlier(told, INCIDENTS, connector.span, draws, EARLIER_STATES)
        more, notes = _more_tickets(connector, tickets)
        tickets += more
        told["incident.csv"] += [(ticket, truth.scenario.end_at) for ticket in more]
        dirt += notes
    incidents = shaped(told, connector.incident_row)
    tasks = {"task.csv": [connector.task_row(known) for known in tickets if not known.is_deleted]}
    if truth.scenario.is_dirty:
        dirt += redeliver(incidents, INCIDENTS, draws, INCIDENTS_AGAIN)
        faults = (with_value(None, "sys_id"), with_value("2026-02-30 9:00:00", "sys_created_on"))
        dirt += spoil(incidents, INCIDENTS, draws, faults)
        dirt += spoil(tasks, TASKS, draws, (with_value(None, "sys_id"),))
    for file, rows in incidents.items():
        write_csv(folder / file, INCIDENT_HEADER, rows)
    write_csv(folder / "task.csv", TASK_HEADER, tasks["task.csv"])
    changes = [connector.change_row(known) for known in connector.changes()]
    write_csv(folder / "change_request.csv", CHANGE_HEADER, changes)
    return dirt


def _more_tickets(
    connector: "_Connector", tickets: Sequence[Ticket]
) -> tuple[list[Ticket], list[Dirt]]:
    """Return tickets that are no incidents of their own, with their dirt."""
    truth, draws = connector.truth, connector.draws
    twice = misrecorded(truth, draws).in_servicenow_tables_too
    more: list[Ticket] = []
    dirt: list[Dirt] = []
    for incident in truth.incidents:
        if incident.incident_id in twice:
            ticket = connector.ticket_beside_pagerduty(incident)
            more.append(ticket)
            dirt.append(Dirt("two_vendors", SYSTEM, ticket.key, incident.incident_id))
    counted = [
        known for known in tickets if known.incident.resolved_at and not known.incident.is_cancelled
    ]
    for ticket in draws.sample(counted, MERGED_CHILDREN, SYSTEM, "children"):
        child = connector.child(ticket)
        more.append(child)
        dirt.append(Dirt("merged", SYSTEM, child.key, ticket.incident.incident_id))
    for ticket in draws.sample(counted, DELETED, SYSTEM, "deleted"):
        deleted = connector.deleted(ticket)
        more.append(deleted)
        dirt.append(Dirt("deleted_record", SYSTEM, deleted.key))
    return more, dirt


class _Connector:
    """Shapes what ServiceNow knows as the connector copies it."""

    def __init__(self, truth: Truth, draws: Draws) -> None:
        self.truth, self.draws = truth, draws
        self.end_at = truth.scenario.end_at
        self.services = {service.service_id: service for service in truth.services}
        self.numbers = servicenow_incident_numbers(truth)
        self.change_numbers = servicenow_change_numbers(truth)

    # --- Tickets -------------------------------------------------------------------------------

    def ticket(self, incident: Incident) -> Ticket:
        """Return the ticket of an incident."""
        key = self._key("incident", incident.incident_id)
        return Ticket(key, self.numbers[incident.incident_id], incident)

    def ticket_beside_pagerduty(self, incident: Incident) -> Ticket:
        """Return the ticket of an incident PagerDuty leads: it names that, and says nothing new."""
        typed = replace(
            incident,
            severity=max(incident.severity, 1),
            opened_at=next_whole_minute(incident.opened_at),
            resolved_at=next_whole_minute(incident.resolved_at),
            caused_by_deployment_id=None,
            problem_id=None,
        )
        correlation_id = pagerduty_incident(self.draws, incident.incident_id)
        return replace(self.ticket(typed), correlation_id=correlation_id)

    def child(self, parent: Ticket) -> Ticket:
        """Return a ticket that was found to be part of another one."""
        incident = replace(
            parent.incident,
            detection_source=None,
            problem_id=None,
            caused_by_deployment_id=None,
            opened_at=min(parent.incident.opened_at + timedelta(minutes=4), self._end(parent)),
        )
        number = f"INC9{parent.number[4:]}"
        return Ticket(self._key("child", parent.key), number, incident, parent_key=parent.key)

    def deleted(self, other: Ticket) -> Ticket:
        """Return a ticket somebody opened by mistake and deleted; the connector keeps it."""
        incident = replace(other.incident, problem_id=None, caused_by_deployment_id=None)
        number = f"INC8{other.number[4:]}"
        return Ticket(self._key("deleted", other.key), number, incident, is_deleted=True)

    def span(self, ticket: Ticket) -> tuple[str, datetime, datetime | None]:
        """Return the key of a ticket, and from when to when it was worked on."""
        return ticket.key, ticket.incident.opened_at, ticket.incident.resolved_at

    # --- Rows ----------------------------------------------------------------------------------

    def incident_row(self, ticket: Ticket, as_of: datetime) -> Record:
        """Return a ticket's row of the incident table as it stood at an instant."""
        incident = ticket.incident
        state, changed_at = self._state(incident, as_of)
        is_resolved = state in (_RESOLVED, _CLOSED)
        change_key = self._change_key(incident.caused_by_deployment_id)
        caller_key = self._key("caller", incident.incident_id)
        resolver_key = self._key("user", incident.commander_id or incident.incident_id)
        row = {
            **dict.fromkeys(INCIDENT_HEADER),
            "sys_id": ticket.key,
            "_fivetran_deleted": _boolean(ticket.is_deleted),
            "_fivetran_synced": one_digit_hour(as_of),
            "category": "Security" if incident.is_security else "software",
            "close_code": "Duplicate" if ticket.parent_key else "Solved",
            "incident_state": state,
            "notify": 1,
            "reopen_count": 0,
            "resolved_at": one_digit_hour(incident.resolved_at) if is_resolved else None,
            "severity": 3,
            "sys_created_on": one_digit_hour(incident.opened_at),
            "sys_updated_on": one_digit_hour(changed_at),
            **_reference("caller_id", "sys_user", caller_key),
            **_reference("caused_by", "change_request", change_key),
            **_reference("parent_incident", "incident", ticket.parent_key),
            **_reference("problem_id", "problem", incident.problem_id),
            **_reference("resolved_by", "sys_user", resolver_key if is_resolved else None),
        }
        return row if is_resolved else {**row, "close_code": None}

    def task_row(self, ticket: Ticket) -> Record:
        """Return a ticket's row of the task table."""
        incident = ticket.incident
        service = self.services[incident.service_ids[0]]
        state, changed_at = self._state(incident, self.end_at)
        return {
            "sys_id": ticket.key,
            "_fivetran_deleted": _boolean(ticket.is_deleted),
            "_fivetran_synced": one_digit_hour(self.end_at),
            "sys_class_name": "incident",
            "number": ticket.number,
            "short_description": incident.title,
            "priority": incident.severity,
            "opened_at": one_digit_hour(incident.opened_at),
            "closed_at": one_digit_hour(changed_at) if state == _CLOSED else None,
            "contact_type": _CONTACT_TYPES.get(incident.detection_source or ""),
            "business_service": configuration_item(service),
            "cmdb_ci_value": self._key("cmdb_ci", service.service_id),
            "correlation_id": ticket.correlation_id,
            "correlation_display": "PagerDuty" if ticket.correlation_id else None,
            "sys_created_on": one_digit_hour(incident.opened_at),
            "sys_updated_on": one_digit_hour(changed_at),
        }

    def changes(self) -> list[Deployment]:
        """Return the deployments that have a change request: those of teams in ServiceNow."""
        homes = {team.team_id: team.pages_by for team in self.truth.teams}
        causes = {known.caused_by_deployment_id for known in self.truth.incidents}
        return [
            deployment
            for deployment in self.truth.deployments
            if homes[self.services[deployment.service_id].team_id] == SYSTEM
            or deployment.deployment_id in causes
        ]

    def change_row(self, deployment: Deployment) -> Record:
        """Return the row of a deployment's change request."""
        service = self.services[deployment.service_id]
        started_at, finished_at = deployment.started_at, deployment.finished_at
        planned_at = started_at.replace(minute=started_at.minute // 15 * 15, second=0)
        state = _CHANGE_CLOSED if finished_at else _CHANGE_IMPLEMENTED
        is_cancelled = deployment.outcome == "cancelled"
        author_key = self._key("user", deployment.author_id)
        return {
            **dict.fromkeys(CHANGE_HEADER),
            "sys_id": self._change_key(deployment.deployment_id),
            "_fivetran_deleted": _boolean(False),
            "_fivetran_synced": one_digit_hour(self.end_at),
            "backout_plan": f"Return to {deployment.previous_version or 'nothing'}",
            "cab_required": _boolean(False),
            "category": "Software",
            "close_code": _CLOSE_CODES.get(deployment.outcome),
            "conflict_status": "No Conflict",
            "end_date": one_digit_hour(planned_at + timedelta(hours=1)),
            "implementation_plan": f"Release {deployment.version}",
            "on_hold": _boolean(False),
            "outside_maintenance_schedule": _boolean(False),
            "phase_state": "open",
            "production_system": _boolean(True),
            **_reference("requested_by", "sys_user", author_key),
            "risk": 3,
            "scope": 3,
            "start_date": one_digit_hour(planned_at),
            "sys_created_on": one_digit_hour(deployment.requested_at),
            "sys_updated_on": one_digit_hour(finished_at or started_at),
            "type": "standard" if deployment.kind == "release" else "emergency",
            "unauthorized": _boolean(False),
            "number": self.change_numbers[deployment.deployment_id],
            "state": _CHANGE_CANCELED if is_cancelled else state,
            "cmdb_ci": configuration_item(service),
            "work_start": one_digit_hour(started_at),
            "work_end": one_digit_hour(finished_at) if finished_at else None,
        }

    def _state(self, incident: Incident, as_of: datetime) -> tuple[int, datetime]:
        """Return where an incident stood at an instant, and since when."""
        resolved_at = incident.resolved_at
        steps = [(_NEW, incident.opened_at), (_IN_PROGRESS, incident.acknowledged_at)]
        if incident.is_cancelled:
            steps.append((_CANCELED, resolved_at or incident.opened_at))
        else:
            steps.append((_RESOLVED, resolved_at))
            steps.append((_CLOSED, resolved_at + CLOSES_AFTER if resolved_at else None))
        return [(state, at) for state, at in steps if at and at <= as_of][-1]

    def _end(self, ticket: Ticket) -> datetime:
        return ticket.incident.resolved_at or self.end_at

    def _change_key(self, deployment_id: str | None) -> str | None:
        return self._key("change", deployment_id) if deployment_id else None

    def _key(self, kind: str, its_id: str) -> str:
        return servicenow_key(self.draws, kind, its_id)


def _reference(name: str, table: str, key: str | None) -> Record:
    """Return a reference as the connector splits it."""
    link = f"{_LINKS}/{table}/{key}" if key else None
    return {f"{name}_link": link, f"{name}_value": key}


def _boolean(value: bool) -> str:
    return "TRUE" if value else "FALSE"
