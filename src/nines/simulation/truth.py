"""What really happened in the company: the events before any vendor's shape, and how they are kept.

Every class below is one kind of event or thing; its rows are written to `truth/<name>.jsonl`, one
JSON object per line with the fields' names. Instants are UTC, whole seconds, written with a Z;
`None` (null) is "did not happen" or "nobody said so". A field whose name begins with `stated_` is
what somebody wrote down anywhere; the definitions prefer it to what could be guessed.
"""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Scenario:
    """The arguments the company was made from; its history covers [start_at, end_at)."""

    seed: int
    services: int
    start_at: datetime
    end_at: datetime
    scale: int
    is_dirty: bool

    @property
    def days(self) -> int:
        """How many days the history has."""
        return (self.end_at - self.start_at).days


# --- The company -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Team:
    """A team of engineers with one on-call rotation."""

    team_id: str
    name: str
    time_zone: str  # IANA
    holiday_calendar: str
    rotation_size: int
    deploys_by: str  # gitops | github | github_graphql (the same, exported in GraphQL's form)
    pages_by: str  # pagerduty | servicenow | servicenow_tables: where its incidents are recorded
    deployment_hours: tuple[int, int]  # local working hours in which it releases


@dataclass(frozen=True, slots=True)
class Person:
    """A member of a team. All are invented."""

    person_id: str  # P001 …; the same in every other class
    name: str
    email: str  # at example.com
    pagerduty_id: str
    github_login: str
    team_id: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service, as those who built it know it."""

    service_id: str
    title: str
    description: str
    tier: int
    team_id: str
    product: str
    regions: tuple[str, ...]
    is_customer_facing: bool
    revenue_per_minute_usd: int | None
    lifecycle: str
    catalogued_in: str | None  # backstage | catalogue | None: no catalogue knows it
    first_seen_date: date  # the day its first record of any kind is about; costs begin then
    depends_on: tuple[str, ...]  # service_ids it calls
    vendor_ids: tuple[str, ...]  # providers it calls
    requests_per_hour: int  # on an average hour at the start of the history
    growth_permille_per_year: int


@dataclass(frozen=True, slots=True)
class Vendor:
    """A provider the company depends on, with a public status page."""

    vendor_id: str
    name: str
    page: str  # statuspage | google_cloud_status
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slo:
    """One version of an SLO."""

    slo_id: str
    service_id: str
    display_name: str
    kind: str  # availability | latency
    target_ppm: int  # parts per million: 999_000 is 99.9 %
    window: str  # an OpenSLO duration: 28d, 1w, 1M …
    is_rolling: bool
    time_zone: str | None  # of a calendar window
    method: str  # Occurrences | Timeslices | RatioTimeslices
    slice_target_ppm: int | None
    slice_window: str | None
    is_traffic: bool  # its total counts are the service's requests
    valid_from: date


# --- What happened -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A merged or closed pull request of a service's repository."""

    pull_request_id: int
    number: int
    service_id: str
    title: str
    body: str
    author_id: str
    branch: str
    labels: tuple[str, ...]
    opened_at: datetime
    closed_at: datetime | None
    merged_at: datetime | None
    merge_commit_sha: str
    commits: tuple[tuple[str, datetime, str], ...]  # sha, authored_at, message; oldest first
    deployment_id: str | None  # the deployment that first shipped it


@dataclass(frozen=True, slots=True)
class Deployment:
    """One attempt to release one service to production."""

    deployment_id: str
    service_id: str
    kind: str  # release | rollback | revert | hotfix
    outcome: str  # succeeded | failed | rolled_back | cancelled | in_progress
    reached_production: bool  # succeeded, or later rolled back
    version: str  # v<n>
    previous_version: str | None  # what ran before
    commit_sha: str
    remediates_deployment_id: str | None  # of a rollback, revert or hotfix
    caused_incident_id: str | None
    author_id: str
    requested_at: datetime
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong, once, whoever recorded it."""

    incident_id: str
    severity: int  # 0 to 4
    title: str
    service_ids: tuple[str, ...]  # the origin first, then where it spread
    cause: str  # deployment | dependency | capacity | configuration | hardware | vendor | security
    cause_key: str | None  # the PIR's cause; the same again when a cause repeats
    problem_id: str | None
    caused_by_deployment_id: str | None
    vendor_incident_id: str | None
    detection_source: str | None  # monitor | person | customer
    commander_id: str | None
    is_cancelled: bool  # opened by mistake; counted nowhere
    is_security: bool
    is_customer_impacting: bool
    stated_is_customer_impacting: bool | None
    impact_permille: int  # the share of requests that failed at the origin
    recorded_in: tuple[str, ...]  # systems, the leading one first
    # An incident that spread: when each further service's own alert came up; merged into this one.
    spread_at: tuple[datetime, ...]
    opened_at: datetime  # the first record of it
    impact_started_at: datetime
    stated_impact_started_at: datetime | None
    detected_at: datetime
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    stated_mitigated_at: datetime | None
    resolved_at: datetime | None
    first_customer_update_at: datetime | None


@dataclass(frozen=True, slots=True)
class Alert:
    """A firing of an alert rule that was no incident: it asked for attention and went away."""

    alert_id: str
    rule: str
    service_id: str
    urgency: str  # high | low
    is_actionable: bool  # somebody had to do something
    triggered_at: datetime
    acknowledged_at: datetime | None
    resolved_at: datetime | None  # by itself unless acknowledged


@dataclass(frozen=True, slots=True)
class Page:
    """One person interrupted once, for an incident or an alert, at one escalation step."""

    page_id: str
    incident_id: str | None
    alert_id: str | None
    service_id: str
    rule: str | None
    person_id: str
    level: int  # escalation step, from 1
    channels: tuple[str, ...]  # push, sms, phone; an e-mail is no page
    sent_at: datetime
    acknowledged_at: datetime | None  # by this person


@dataclass(frozen=True, slots=True)
class Shift:
    """One person on call for one team at one level; open-ended ones have no start and end."""

    team_id: str
    schedule_id: str
    level: int
    person_id: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class VendorIncident:
    """An incident of a provider."""

    vendor_incident_id: str
    vendor_id: str
    product: str
    severity: str  # high | medium | low
    title: str
    began_at: datetime
    ended_at: datetime | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Planned work that customers were told of beforehand."""

    maintenance_id: str
    service_id: str
    reason: str
    approver_id: str
    announced_at: datetime
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Dirt:
    """One piece of dirt in the exports, and what it does to the meaning of a record.

    Most dirt changes nothing that is true. These kinds do, for the definitions say what a record
    that claims them means: `impossible_duration` and `never_closed` (incident_id: recorded so) and
    `unknown_service` (incident_id or deployment_id: recorded under `recorded_service`, a name no
    catalogue knows, and under no other).
    """

    kind: str
    system: str
    record_id: str  # the vendor's id of the record, or the file
    incident_id: str | None = None
    deployment_id: str | None = None
    recorded_service: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class Truth:
    """Everything that is true of one company."""

    scenario: Scenario
    teams: list[Team] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    vendors: list[Vendor] = field(default_factory=list)
    slos: list[Slo] = field(default_factory=list)
    pull_requests: list[PullRequest] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    vendor_incidents: list[VendorIncident] = field(default_factory=list)
    maintenances: list[Maintenance] = field(default_factory=list)
    # Rows of what no contract carries yet, by file name: PIRs, tests, forecasts, work, surveys …
    practice: dict[str, list[Any]] = field(default_factory=dict)

    def service(self, service_id: str) -> Service:
        """Return the service of an id."""
        return next(service for service in self.services if service.service_id == service_id)

    def team(self, team_id: str) -> Team:
        """Return the team of an id."""
        return next(team for team in self.teams if team.team_id == team_id)

    def person(self, person_id: str) -> Person:
        """Return the person of an id."""
        return next(person for person in self.people if person.person_id == person_id)


def utc_text(moment: datetime) -> str:
    """Write an instant as ISO 8601 with a Z; microseconds only where there are some."""
    return moment.isoformat() + "Z"


def write_truth(truth: Truth, dirt: Sequence[Dirt], folder: Path) -> None:
    """Write `scenario.json` and one JSON-lines file per kind of truth into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = json.dumps(_plain(truth.scenario), indent=2) + "\n"
    (folder / "scenario.json").write_text(scenario, encoding="utf-8", newline="\n")
    kinds: dict[str, Iterable[Any]] = {
        entry.name: getattr(truth, entry.name)
        for entry in dataclasses.fields(truth)
        if entry.name not in ("scenario", "practice")
    }
    for name, rows in {**kinds, **truth.practice, "dirt": dirt}.items():
        lines = (json.dumps(_plain(row), ensure_ascii=False) + "\n" for row in rows)
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            entry.name: _plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)
        }
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_plain(element) for element in value]
    if isinstance(value, dict):
        return {key: _plain(element) for key, element in value.items()}
    return value


def days_of(scenario: Scenario) -> list[date]:
    """Return each day of the history."""
    first = scenario.start_at.date()
    return [first + timedelta(days=number) for number in range(scenario.days)]
