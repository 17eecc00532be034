"""Post-incident reviews and what they asked for: on time, late, never, and what repeats."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nines.simulation.practice.calendars import (
    AFTERNOON,
    EVENING,
    MORNING,
    NOON,
    local_date,
    midnight,
    same_clock,
    utc_at,
    weekday_after,
    weekday_from,
)
from nines.simulation.practice.circumstances import Circumstances
from nines.simulation.practice.records import DueDateMove, Pir, PirAction
from nines.simulation.truth import Incident, Person, Team

# The review is due on the fifth working day; no holiday is known here, so that what is meant to be
# in time stays in time where one moves the due date out.
_DUE_WEEKDAYS = 5

# How a required review goes. "at_due" ends in the second it is due, "just_late" one second later.
_COURSES = {
    "steady": (
        ("in_time", 15), ("at_due", 1), ("just_late", 1), ("late", 2), ("unfinished", 1),
        ("missing", 1),
    ),
    "better": (("in_time", 14), ("at_due", 1)),
    "drowning": (("late", 4), ("in_time", 3), ("missing", 3), ("unfinished", 2)),
}  # fmt: skip
_VOLUNTARY_PERMILLE = 250  # of the incidents of severity 2

_SECTIONS = (
    "Summary", "Impact", "Timeline", "Detection", "Contributing factors", "What went well",
    "Actions", "Lessons",
)  # fmt: skip
_CRITERIA = ("impact", "timeline", "cause", "detection", "actions")
_RECORDED_IN = ("jira", "markdown", "github", "csv")

_PRIORITIES = (("high", 3), ("medium", 4), ("low", 2))
_DUE_DAYS = {"high": 14, "medium": 30, "low": 75}
# How an action goes. "last_hour" closes late on its due day, "first_hour" just after that midnight.
_ENDINGS = {
    "steady": (
        ("in_time", 14), ("last_hour", 1), ("first_hour", 1), ("late", 2), ("moved", 3),
        ("moved_open", 1), ("open", 1), ("undated", 1), ("undated_open", 1), ("untracked", 1),
    ),
    "better": (("in_time", 9), ("last_hour", 1), ("moved", 1), ("undated", 1)),
    "drowning": (
        ("open", 3), ("moved_open", 3), ("late", 2), ("in_time", 2), ("undated_open", 2),
        ("moved", 1), ("untracked", 1),
    ),
}  # fmt: skip
_WITHOUT_DATE = ("undated", "undated_open", "untracked")
_LEFT_OPEN = ("open", "moved_open", "undated_open", "untracked")
_VERBS = (
    "Alert earlier on", "Add a limit to", "Write the runbook for", "Test the failover of",
    "Remove the single point of failure in", "Automate the restart of", "Load-test",
    "Roll out step by step", "Add a dashboard for", "Time out calls of",
)  # fmt: skip


def review_incidents(company: Circumstances) -> tuple[list[Pir], list[PirAction]]:
    """Return the reviews of the incidents, in the order they were begun, and their actions."""
    begun = sorted(
        filter(None, (_review(company, incident) for incident in company.truth.incidents)),
        key=lambda review: (review.started_at, review.incident_id),
    )
    incidents = {incident.incident_id: incident for incident in company.truth.incidents}
    repeats = _incidents_that_repeat(company)
    pirs: list[Pir] = []
    actions: list[PirAction] = []
    for number, review in enumerate(begun, 1):
        pirs.append(replace(review, pir_id=f"PIR-{number:04d}"))
        actions += _actions(
            company, pirs[-1], incidents[review.incident_id], review.incident_id in repeats
        )
    return pirs, actions


def _review(company: Circumstances, incident: Incident) -> Pir | None:
    draws = company.draws
    key = incident.incident_id
    team = company.teams[company.services[incident.service_ids[0]].team_id]
    people = company.members[team.team_id]
    if incident.is_cancelled or incident.severity > 2 or incident.resolved_at is None or not people:
        return None
    if incident.severity == 2 and not draws.happens(_VOLUNTARY_PERMILLE, "pir-voluntary", key):
        return None
    resolved_on = local_date(incident.resolved_at, team.time_zone)
    due_on = weekday_after(resolved_on, _DUE_WEEKDAYS)
    due_at = same_clock(incident.resolved_at, due_on, team.time_zone)
    mood = company.mood(team.team_id, due_at)
    # Reviews nobody asked for are no part of the deck: its rare cards are for those that count.
    course = company.decks.deal(_COURSES[mood], "pir", mood, incident.severity < 2)
    begun_on = weekday_after(resolved_on, draws.integer(1, _DUE_WEEKDAYS - 2, "pir-begun", key))
    minute = draws.integer(MORNING, NOON - 1, "pir-begun-at", key)
    started_at = utc_at(begun_on, minute, team.time_zone)
    if course == "missing" or company.happened(started_at) is None:
        return None
    if course == "unfinished":
        completed_at = None
    elif course in ("at_due", "just_late"):
        completed_at = company.happened(due_at + timedelta(seconds=course == "just_late"))
    else:
        days = draws.integer(0, 1, "pir-days", key)
        if course == "late":
            days = _DUE_WEEKDAYS + draws.integer(0, 20, "pir-late", key)
        minute = draws.integer(AFTERNOON, EVENING - 1, "pir-finished-at", key)
        finished_at = utc_at(weekday_after(begun_on, days), minute, team.time_zone)
        completed_at = company.happened(finished_at)
    best = 2 if mood == "drowning" else 3
    section_count = draws.integer(2 * best - 1, len(_SECTIONS) - 3 + best, "pir-sections", key)
    scores = [
        (criterion, draws.integer(best - 2, best, "pir-score", key, criterion))
        for criterion in _CRITERIA
    ]
    is_scored = completed_at is not None and draws.happens(700, "pir-scored", key)
    return Pir(
        pir_id="",
        incident_id=key,
        team_id=team.team_id,
        author_id=draws.choice(people, "pir-author", key).person_id,
        title=f"Review of {incident.title}",
        recorded_in=draws.choice(_RECORDED_IN, "pir-recorded-in", team.team_id),
        started_at=started_at,
        completed_at=completed_at,
        published_at=_published_at(company, incident, completed_at),
        cause_key=incident.cause_key if completed_at is not None else None,
        sections=tuple(draws.sample(_SECTIONS, section_count, "pir-section", key)),
        stated_quality_scores=tuple(scores) if is_scored else (),
    )


def _published_at(
    company: Circumstances, incident: Incident, completed_at: datetime | None
) -> datetime | None:
    if completed_at is None or "statuspage" not in incident.recorded_in:
        return None
    delay = company.draws.integer(20, 3000, "pir-published", incident.incident_id)
    return company.happened(completed_at + timedelta(minutes=delay))


def _incidents_that_repeat(company: Circumstances) -> set[str]:
    """Return the incidents whose cause came again at the same service: nobody removed it."""
    last: dict[tuple[str, str], str] = {}
    repeats = set()
    for incident in sorted(
        company.truth.incidents, key=lambda incident: (incident.opened_at, incident.incident_id)
    ):
        if incident.cause_key is None or incident.is_cancelled:
            continue
        place = (incident.service_ids[0], incident.cause_key)
        if place in last:
            repeats.add(last[place])
        last[place] = incident.incident_id
    return repeats


def _actions(
    company: Circumstances, pir: Pir, incident: Incident, is_repeated: bool
) -> list[PirAction]:
    draws = company.draws
    service = company.services[incident.service_ids[0]]
    count = draws.integer(1, 4, "pir-actions", pir.incident_id)
    actions = []
    for number, verb in enumerate(draws.sample(_VERBS, count, "pir-verbs", pir.incident_id), 1):
        key = f"{pir.incident_id}/{number}"
        # Actions come up while the review is written.
        minutes = draws.integer(5, 90, "action-at", key)
        created_at = pir.started_at + timedelta(minutes=minutes)
        if pir.completed_at is not None:
            created_at = max(pir.started_at, pir.completed_at - timedelta(minutes=minutes))
        if company.happened(created_at) is None:
            continue
        team, owner = _owner(company, pir, key)
        priority = draws.weighted(_PRIORITIES, "action-priority", key)
        course = _Course(company, team.time_zone, created_at, priority, key)
        # What came again was left lying: its actions go as a drowning team's do.
        mood = "drowning" if is_repeated else company.mood(team.team_id, midnight(course.due_date))
        ending = company.decks.deal(_ENDINGS[mood], "action", mood)
        moves = course.moves() if ending.startswith("moved") else ()
        tracker = draws.choice(("jira", "github"), "tracked-in", team.team_id)
        actions.append(
            PirAction(
                action_id=f"{pir.pir_id}-{number}",
                pir_id=pir.pir_id,
                team_id=team.team_id,
                owner_id=owner.person_id,
                title=f"{verb} {service.title}",
                priority=priority,
                tracked_in=None if ending == "untracked" else tracker,
                created_at=created_at,
                first_due_date=None if ending in _WITHOUT_DATE else course.due_date,
                moves=moves,
                closed_at=company.happened(course.closed_at(ending, moves)),
            )
        )
    return actions


def _owner(company: Circumstances, pir: Pir, key: str) -> tuple[Team, Person]:
    """Return the team and person an action goes to: another team's, now and then."""
    team_id = pir.team_id
    others = [other for other, people in company.members.items() if people and other != team_id]
    if others and company.draws.happens(150, "action-elsewhere", key):
        team_id = company.draws.choice(others, "action-team", key)
    owner = company.draws.choice(company.members[team_id], "action-owner", key)
    return company.teams[team_id], owner


@dataclass(frozen=True, slots=True)
class _Course:
    """How one action goes, day by day, in its owner's zone."""

    company: Circumstances
    zone: str
    created_at: datetime
    priority: str
    key: str

    @property
    def created_on(self) -> date:
        return local_date(self.created_at, self.zone)

    @property
    def due_date(self) -> date:
        days = _DUE_DAYS[self.priority] + self.company.draws.integer(-3, 10, "action-due", self.key)
        return weekday_from(self.created_on + timedelta(days=days))

    def moves(self) -> tuple[DueDateMove, ...]:
        """Return how the due date was moved out, most often before it had passed."""
        draws = self.company.draws
        moves = []
        due = self.due_date
        for number in range(draws.weighted(((1, 5), (2, 3), (3, 1)), "moves", self.key)):
            moved_on = due + timedelta(days=draws.integer(-6, 2, "moved-on", self.key, number))
            moved_at = self._working_time(moved_on, "moved-at", number)
            due = weekday_from(
                due + timedelta(days=draws.integer(14, 35, "moved", self.key, number))
            )
            if self.company.happened(moved_at) is not None:
                moves.append(DueDateMove(moved_at, due))
        return tuple(moves)

    def closed_at(self, ending: str, moves: tuple[DueDateMove, ...]) -> datetime | None:
        """Return when the action was done, if ever."""
        draws = self.company.draws
        if ending in _LEFT_OPEN:
            return None
        minute = draws.integer(0, 59, "closed-minute", self.key)
        if ending == "last_hour":
            return utc_at(self.due_date, 23 * 60 + minute, self.zone)
        if ending == "first_hour":
            return utc_at(self.due_date + timedelta(days=1), minute, self.zone)
        if ending == "late":
            day = self.due_date + timedelta(days=draws.integer(2, 60, "closed-late", self.key))
        elif moves:
            day = moves[-1].new_due_date - timedelta(days=draws.integer(0, 4, "closed", self.key))
        else:
            span = (self.due_date - self.created_on).days
            day = self.created_on + timedelta(days=draws.integer(1, span, "closed", self.key))
        return self._working_time(day, "closed-at", 0)

    def _working_time(self, day: date, purpose: str, number: int) -> datetime:
        minute = self.company.draws.integer(MORNING, EVENING - 1, purpose, self.key, number)
        return utc_at(weekday_from(day), minute, self.zone)
