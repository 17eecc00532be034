"""The records of PagerDuty's REST API, as they stood at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nines.simulation.draws import CAPITALS, Draws
from nines.simulation.exporting.moments import zulu
from nines.simulation.exporting.naming import ORGANISATION
from nines.simulation.exporting.pagerduty_cases import Case
from nines.simulation.truth import Page, Person, Team

Record = dict[str, Any]

API = "https://api.pagerduty.com"
SITE = f"https://{ORGANISATION}.pagerduty.com"
_SECONDS_BETWEEN_CHANNELS = 60
# What a notification calls the way it took, and the words its summary has for it.
_CHANNEL_WORDS = {
    "push": "push notification",
    "sms": "SMS",
    "phone": "phone",
    "email": "email",
}


@dataclass(frozen=True, slots=True)
class _Event:
    """One line of a case's log."""

    at: datetime
    kind: str
    summary: str
    channel: Record
    agent: Record | None = None
    user: Person | None = None
    details: Record | None = None


class Account:
    """Shapes cases as the company's PagerDuty account shows them."""

    def __init__(self, people: Iterable[Person], draws: Draws, cases: Iterable[Case]) -> None:
        """Number the cases in their order."""
        self.draws = draws
        self.people = {person.person_id: person for person in people}
        self.known_ids: dict[tuple[str | int, ...], str] = {}
        ordered = tuple(cases)
        self.numbers = {case.case_id: number for number, case in enumerate(ordered, 1)}
        self.titles = {case.case_id: case.title for case in ordered}

    def incident(self, case: Case, as_of: datetime) -> Record:
        """Return a case as `GET /incidents` showed it at an instant."""
        changed_at, changed_by, status = self._last_change(case, as_of)
        summary = self._summary(case.case_id)
        is_over = status == "resolved"
        record: Record = {
            "incident_number": self.numbers[case.case_id],
            "title": case.title,
            "description": case.title,
            "created_at": zulu(case.opened_at),
            "updated_at": zulu(max(changed_at, self._last_logged(case, as_of))),
            "status": status,
            "incident_key": case.key,
            "service": self._service(case),
            "assignments": [] if is_over else self._assignments(case, as_of),
            "assigned_via": "escalation_policy",
            "last_status_change_at": zulu(changed_at),
            "resolved_at": zulu(changed_at) if is_over else None,
            "first_trigger_log_entry": self._first_trigger(case),
            "alert_counts": {"all": 1, "triggered": 1 - is_over, "resolved": int(is_over)},
            "is_mergeable": True,
            "incident_type": {
                "name": "security_incident" if case.is_security else "incident_default"
            },
            "escalation_policy": self.escalation_policy(case.team),
            "teams": [self._team(case.team)],
            "pending_actions": [],
            "acknowledgements": (
                self._acknowledgements(case, as_of) if status == "acknowledged" else []
            ),
            "alert_grouping": None,
            "last_status_change_by": changed_by,
            "priority": self._priority(case),
            "resolve_reason": self._resolve_reason(case) if is_over else None,
            "conference_bridge": None,
            "responder_requests": [],
            "incidents_responders": [],
            "urgency": case.urgency,
            "id": case.case_id,
            "type": "incident",
            "summary": summary,
            "self": f"{API}/incidents/{case.case_id}",
            "html_url": f"{SITE}/incidents/{case.case_id}",
        }
        # What there is nothing to say of is absent.
        absent = [name for name in ("resolved_at", "priority") if record[name] is None]
        return {name: value for name, value in record.items() if name not in absent}

    def incident_with_log(self, case: Case, as_of: datetime) -> Record:
        """Return a case with its log entries nested, as extractors ask for it."""
        return {
            **self.incident(case, as_of),
            "log_entries": self.log_entries(case, as_of),
            "alerts": [],
        }

    def log_entries(self, case: Case, as_of: datetime) -> list[Record]:
        """Return the log of a case up to an instant, newest first."""
        entries = [
            self._log_entry(case, event, place)
            for place, event in enumerate(self._events(case))
            if event.at <= as_of
        ]
        return entries[::-1]

    def escalation_policy(self, team: Team) -> Record:
        """Return the reference of a team's escalation policy."""
        policy_id = self._id("P", 6, "policy", team.team_id)
        return _reference("escalation_policy", policy_id, f"{team.name} on call")

    def user(self, person: Person) -> Record:
        """Return the reference of a person."""
        return _reference("user", person.pagerduty_id, person.name)

    def schedule(self, schedule_id: str) -> Record:
        """Return the reference of a rotation, called by the name the company gives it."""
        return _reference("schedule", self._id("P", 6, "schedule", schedule_id), schedule_id)

    # --- Parts of an incident ------------------------------------------------------------------

    def _last_change(self, case: Case, as_of: datetime) -> tuple[datetime, Record, str]:
        if case.resolved_at and case.resolved_at <= as_of:
            return case.resolved_at, self._resolver(case), "resolved"
        acknowledged = [(at, who) for at, who in case.acknowledgements if at <= as_of]
        if acknowledged:
            at, who = acknowledged[-1]
            return at, self.user(who), "acknowledged"
        return case.opened_at, self._service(case), "triggered"

    def _last_logged(self, case: Case, as_of: datetime) -> datetime:
        return max(event.at for event in self._events(case) if event.at <= as_of)

    def _assignments(self, case: Case, as_of: datetime) -> list[Record]:
        reached = [page for page in case.pages if page.sent_at <= as_of]
        return [
            {"at": zulu(page.sent_at), "assignee": self.user(self._paged(page))}
            for page in reached[-1:]
        ]

    def _acknowledgements(self, case: Case, as_of: datetime) -> list[Record]:
        return [
            {"at": zulu(at), "acknowledger": self.user(who)}
            for at, who in case.acknowledgements
            if at <= as_of
        ]

    def _resolver(self, case: Case) -> Record:
        return self.user(case.resolver) if case.resolver else self._integration(case)

    def _resolve_reason(self, case: Case) -> Record | None:
        if not case.merged_into:
            return None
        return {
            "type": "merge_resolve_reason",
            "incident": _reference(
                "incident", case.merged_into, self._summary(case.merged_into), "incidents"
            ),
        }

    def _priority(self, case: Case) -> Record | None:
        if case.priority is None:
            return None
        name = f"P{case.priority}"
        return {
            "id": self._id("P", 6, "priority", name),
            "type": "priority_reference",
            "summary": name,
            "self": f"{API}/priorities/{self._id('P', 6, 'priority', name)}",
            "html_url": None,
        }

    def _first_trigger(self, case: Case) -> Record:
        entry_id = self._entry_id(case, 0)
        return {
            "id": entry_id,
            "type": "trigger_log_entry_reference",
            "summary": self._trigger(case).summary,
            "self": f"{API}/log_entries/{entry_id}",
            "html_url": f"{SITE}/incidents/{case.case_id}/log_entries/{entry_id}",
        }

    def _summary(self, case_id: str) -> str:
        return f"[#{self.numbers[case_id]}] {self.titles[case_id]}"

    def _service(self, case: Case) -> Record:
        return _reference("service", case.service_id, case.service_name, "service-directory")

    def _team(self, team: Team) -> Record:
        return _reference("team", self._id("P", 6, "team", team.team_id), team.name)

    def _integration(self, case: Case) -> Record:
        integration_id = self._id("P", 6, "integration", case.service_id)
        return {
            "id": integration_id,
            "type": "events_api_v2_inbound_integration_reference",
            "summary": "Prometheus",
            "self": f"{API}/services/{case.service_id}/integrations/{integration_id}",
            "html_url": f"{SITE}/services/{case.service_id}/integrations/{integration_id}",
        }

    # --- The log -------------------------------------------------------------------------------

    def _events(self, case: Case) -> list[_Event]:
        """Return everything that happened to a case, in order; the trigger comes first."""
        events = [self._trigger(case)]
        for page in case.pages:
            if page.level > 1:
                events.append(self._escalation(case, page))
            events += self._notifications(case, page)
        events += [
            _Event(
                at,
                "acknowledge",
                f"Acknowledged by {who.name}.",
                {"type": "mobile"},
                agent=self.user(who),
                details={},
            )
            for at, who in case.acknowledgements
        ]
        if case.resolved_at:
            events.append(self._resolution(case, case.resolved_at))
        return [events[0], *sorted(events[1:], key=lambda event: event.at)]

    def _trigger(self, case: Case) -> _Event:
        by_monitor = case.is_triggered_by_monitor
        return _Event(
            case.opened_at,
            "trigger",
            f"Triggered through the {'API' if by_monitor else 'website'}.",
            {"type": "api" if by_monitor else "web_trigger", "summary": case.title},
            agent=self._integration(case) if by_monitor else self.user(case.reporter),
            details={"description": case.title},
        )

    def _escalation(self, case: Case, page: Page) -> _Event:
        return _Event(
            page.sent_at,
            "escalate",
            f"Escalated to {self._paged(page).name} through timeout.",
            {"type": "timeout"},
            agent=self._service(case),
        )

    def _notifications(self, case: Case, page: Page) -> list[_Event]:
        """Return what a page sent: each channel a little later, the e-mail with the first."""
        # What is sent once the next step begins would be a page of that step.
        stops = [other.sent_at for other in case.pages if other.level > page.level]
        stops += [at for at, _ in case.acknowledgements]
        stops += [case.resolved_at] if case.resolved_at else []
        last_at = min((stop for stop in stops if stop > page.sent_at), default=None)
        who = self._paged(page)
        sent = [("email", page.sent_at)]
        for number, channel in enumerate(page.channels):
            at = page.sent_at + timedelta(seconds=number * _SECONDS_BETWEEN_CHANNELS)
            sent.append((channel, min(at, last_at - timedelta(seconds=1)) if last_at else at))
        return [self._notification(who, channel, at) for channel, at in sent]

    def _notification(self, who: Person, channel: str, at: datetime) -> _Event:
        address = {
            "email": who.email,
            "push": f"{who.name.split()[0]}'s phone",
            "sms": self._telephone(who),
            "phone": self._telephone(who),
        }
        return _Event(
            at,
            "notify",
            f"Notified {who.name} by {_CHANNEL_WORDS[channel]}.",
            {
                "type": "auto",
                "notification": {
                    "type": channel,
                    "address": address[channel],
                    "status": "success",
                },
            },
            user=who,
        )

    def _resolution(self, case: Case, at: datetime) -> _Event:
        if not case.resolver:
            return _Event(
                at,
                "resolve",
                "Resolved through the integration API.",
                {"type": "api"},
                agent=self._integration(case),
                details={},
            )
        how = "by merging" if case.merged_into else "by"
        return _Event(
            at,
            "resolve",
            f"Resolved {how} {case.resolver.name}.",
            {"type": "website"},
            agent=self.user(case.resolver),
            details={},
        )

    def _log_entry(self, case: Case, event: _Event, place: int) -> Record:
        entry_id = self._entry_id(case, place)
        site = f"{SITE}/incidents/{case.case_id}/log_entries/{entry_id}"
        record: Record = {
            "id": entry_id,
            "type": f"{event.kind}_log_entry",
            "summary": event.summary,
            "self": f"{API}/log_entries/{entry_id}",
            "html_url": site if event.kind == "trigger" else None,
            "created_at": zulu(event.at),
            "agent": event.agent,
            "channel": event.channel,
            "service": self._service(case),
            "incident": _reference(
                "incident", case.case_id, self._summary(case.case_id), "incidents"
            ),
            "teams": [self._team(case.team)],
            "contexts": [],
            "user": self.user(event.user) if event.user else None,
            "event_details": event.details,
        }
        # Only some kinds of entry have these.
        absent = [name for name in ("agent", "user", "event_details") if record[name] is None]
        return {name: value for name, value in record.items() if name not in absent}

    def _paged(self, page: Page) -> Person:
        return self.people[page.person_id]

    def _telephone(self, who: Person) -> str:
        # Numbers of this form belong to nobody.
        return f"+1 202-555-{self.draws.integer(100, 199, 'telephone', who.person_id):04}"

    def _entry_id(self, case: Case, place: int) -> str:
        return self._id("R", 25, "log-entry", case.case_id, place)

    def _id(self, first: str, length: int, *key: str | int) -> str:
        # References repeat: a company has few services and teams, and many log entries.
        if key not in self.known_ids:
            drawn = self.draws.identifier(CAPITALS, length, "pagerduty", *key)
            self.known_ids[key] = first + drawn
        return self.known_ids[key]


def _reference(kind: str, its_id: str, summary: str | None, site: str | None = None) -> Record:
    folder = {"escalation_policy": "escalation_policies"}.get(kind, f"{kind}s")
    return {
        "id": its_id,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"{API}/{folder}/{its_id}",
        "html_url": f"{SITE}/{site or folder}/{its_id}",
    }
