"""What people did beside building and repairing: the shapes of practice, one class per kind.

Every row keeps facts only. What the definitions derive from them (whether a review was on time, a
test passed, an item counts as delivered) is for the warehouse and the oracle to say. Rows go to
`truth/<name>.jsonl`; `KINDS` names them. Instants are UTC, dates without a zone are named so, and
nothing lies at or after the end of the history: what was still to come then is None.
"""

from dataclasses import dataclass
from datetime import date, datetime

# --- Post-incident reviews ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pir:
    """A post-incident review that somebody began.

    Incidents of severity 0 and 1 require one, others may have one. An incident without a row has
    none: the review is missing, or was not begun yet.
    """

    pir_id: str
    incident_id: str
    team_id: str  # owner: the team of the incident's first service
    author_id: str  # person_id
    title: str
    recorded_in: str  # jira | github | markdown | csv: where the team keeps its reviews
    started_at: datetime
    completed_at: datetime | None  # not finished
    published_at: datetime | None  # as a post-mortem on the status page
    # What the finished review found; all that anybody but the simulation knows of a cause.
    cause_key: str | None
    sections: tuple[str, ...]  # headings the document has, in order
    stated_quality_scores: tuple[tuple[str, int], ...]  # criterion, 0 to 3; empty: nobody scored it


@dataclass(frozen=True, slots=True)
class DueDateMove:
    """A due date given up for another."""

    moved_at: datetime
    new_due_date: date  # owner's zone


@dataclass(frozen=True, slots=True)
class PirAction:
    """Something a review asked for."""

    action_id: str
    pir_id: str
    team_id: str  # owner; not always the review's team
    owner_id: str  # person_id
    title: str
    priority: str  # high | medium | low
    tracked_in: str | None  # jira | github; None: only a checkbox in the review, without dates
    created_at: datetime
    first_due_date: date | None  # a day in the owning team's zone; None: undated
    moves: tuple[DueDateMove, ...]  # oldest first
    closed_at: datetime | None


# --- Resilience --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DrTest:
    """A disaster-recovery test of one service, held or only planned."""

    test_id: str
    service_id: str
    scenario: str  # region_failover | zone_loss | database_failover | rebuild_from_backup
    planned_at: datetime
    started_at: datetime | None  # None: not held
    ended_at: datetime | None
    rto_target_seconds: int
    rpo_target_seconds: int
    achieved_rto_seconds: int | None  # None: not measured
    achieved_rpo_seconds: int | None
    has_critical_issue: bool
    stated_result: str | None  # passed | failed, as its leader wrote it, right or not
    evidence_url: str | None


@dataclass(frozen=True, slots=True)
class RestoreTest:
    """A backup restored to see whether it can be.

    It worked when it completed without warnings and somebody validated the data; one with warnings
    did not, whatever the flag says.
    """

    restore_id: str
    service_id: str
    backup_id: str
    recorded_in: str  # velero | csv
    started_at: datetime
    ended_at: datetime | None  # still running
    phase: str  # InProgress | Completed | PartiallyFailed | Failed
    warning_count: int
    error_count: int
    is_validated: bool  # somebody checked the restored data


@dataclass(frozen=True, slots=True)
class ChaosProbe:
    """One probe of a chaos experiment, and what it saw."""

    name: str
    kind: str  # httpProbe | promProbe | cmdProbe
    is_passed: bool


@dataclass(frozen=True, slots=True)
class ChaosExperiment:
    """A failure caused on purpose. A verdict without probes proves nothing."""

    experiment_id: str
    service_id: str
    fault: str  # pod-delete | pod-network-latency | node-drain | pod-cpu-hog | disk-fill
    started_at: datetime
    ended_at: datetime | None  # not finished
    verdict: str  # Pass | Fail | Stopped | Error | Awaited
    fail_step: str | None
    probes: tuple[ChaosProbe, ...]


@dataclass(frozen=True, slots=True)
class LoadTest:
    """A service under load on purpose, beside the performance budget it has to keep."""

    test_id: str
    service_id: str
    tool: str  # k6 | k6_export (its older summary form) | jmeter
    scenario: str  # average_day | peak_day | stress
    started_at: datetime
    ended_at: datetime
    request_count: int
    failed_request_count: int
    median_milliseconds: int
    p95_milliseconds: int
    p99_milliseconds: int
    p95_budget_milliseconds: int
    failed_budget_permille: int  # of the requests


# --- Capacity ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Forecast:
    """One statement of the peak a service will see in a month.

    Several are made for a month. The last one made before it begins (UTC) counts; one made in it
    comes too late.
    """

    forecast_id: str
    service_id: str
    period_start_date: date  # first day of the month, UTC
    made_at: datetime
    peak: int
    unit: str  # requests per hour


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest hour a service had in a complete month; 0 when it was switched off.

    Measured at the load balancer, retries and probes included: not the sum of any SLI's counts.
    """

    service_id: str
    period_start_date: date  # first day of the month, UTC
    peak: int
    capacity: int  # what it could have served at the month's end
    unit: str  # requests per hour


# --- Work --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Time one person logged for one kind of work on one day.

    Tickets, manual deployments and interrupts are toil; projects and meetings are not. A team logs
    its interrupts always or never.
    """

    entry_id: str
    person_id: str
    team_id: str
    work_date: date  # in the person's zone
    category: str  # tickets | manual_deployments | interrupts | project | meetings
    task: str  # what exactly
    service_id: str | None  # what it was for
    minutes: int
    recorded_in: str  # jira | servicenow | csv: the team's habit


# --- Governance --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Survey:
    """A group of stakeholders asked what they think of a team's work in a quarter."""

    survey_id: str
    period_start_date: date  # first day of the quarter asked about
    team_id: str  # the team judged
    respondent_group: str  # product | support | sales | finance
    invited_count: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    """One answer. Who gave it was not asked."""

    answer_id: str
    survey_id: str
    period_start_date: date
    team_id: str
    respondent_group: str
    score: int  # 0 to 10
    answered_at: datetime  # the later ones after the quarter


@dataclass(frozen=True, slots=True)
class Control:
    """A control due for one quarter. One without evidence when its due date has passed is overdue.

    Quarters that had begun by the end of the history have their rows, evidence or not.
    """

    control_id: str  # the same in every quarter; with period_start_date it names the row
    period_start_date: date  # first day of the quarter
    team_id: str  # owner
    kind: str  # access_review | change_records | dr_evidence | backup_evidence
    title: str
    due_date: date  # a day in the owner's zone, shortly after the quarter


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was handed in for a control of a quarter; handed in again, it is another row."""

    evidence_id: str
    control_id: str
    period_start_date: date
    submitted_at: datetime
    is_complete: bool
    is_valid: bool
    evidence_url: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an auditor found wrong with a control."""

    finding_id: str
    control_id: str
    period_start_date: date  # of the control
    severity: str  # critical | high | medium | low
    title: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RoadmapChange:
    """A promise changed openly: announced to those it was made to."""

    changed_at: datetime
    change: str  # moved | descoped | withdrawn
    new_due_date: date | None  # of a move


@dataclass(frozen=True, slots=True)
class RoadmapItem:
    """Something a team promised for a quarter."""

    item_id: str
    team_id: str
    title: str
    quarter_start_date: date  # first day of the quarter it was promised for
    committed_at: datetime  # some only after the quarter had begun
    due_date: date  # a day in the team's zone
    delivered_at: datetime | None
    changes: tuple[RoadmapChange, ...]  # oldest first; some only after the due date


# The file each kind is kept in, `truth/<name>.jsonl`.
KINDS: dict[str, type] = {
    "pirs": Pir,
    "pir_actions": PirAction,
    "dr_tests": DrTest,
    "restore_tests": RestoreTest,
    "chaos_experiments": ChaosExperiment,
    "load_tests": LoadTest,
    "forecasts": Forecast,
    "peaks": Peak,
    "time_entries": TimeEntry,
    "surveys": Survey,
    "survey_answers": SurveyAnswer,
    "controls": Control,
    "evidence": Evidence,
    "findings": Finding,
    "roadmap_items": RoadmapItem,
}
