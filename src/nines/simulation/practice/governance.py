"""What was promised and proved: surveys, controls and their evidence, roadmaps."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from nines.simulation.practice.calendars import (
    EVENING,
    MORNING,
    midnight,
    next_quarter,
    quarters_between,
    utc_at,
    weekday_from,
)
from nines.simulation.practice.circumstances import Circumstances
from nines.simulation.practice.records import (
    Control,
    DrTest,
    Evidence,
    Finding,
    RoadmapChange,
    RoadmapItem,
    Survey,
    SurveyAnswer,
)
from nines.simulation.truth import Team

_GROUPS = ("product", "support", "sales", "finance")
_INVITED = (4, 12)  # of each group
# One team has few stakeholders: so many answers in all, by quarter in turn.
_FEW_INVITED = 6
_FEW_ANSWERS = (4, 3, 5, 2)
_ANSWERS_PERMILLE = 620  # of the invited answer
_SURVEY_DAYS_BEFORE_END = 14

_CONTROLS = (
    ("access_review", "Access is reviewed"),
    ("change_records", "Changes are on record"),
    ("dr_evidence", "Recovery is proved"),
    ("backup_evidence", "Backups are proved"),
)
_CONTROL_DUE_DAYS = 10  # after the quarter
_HANDED_IN_DAYS = (8, 30)  # before evidence is due
# What is handed in for a control. "corrected" was incomplete at first.
_EVIDENCE = {
    "steady": (
        ("good", 12), ("late", 1), ("incomplete", 1), ("invalid", 1), ("corrected", 1),
        ("none", 1),
    ),
    "better": (("good", 14), ("corrected", 1)),
    "drowning": (("good", 3), ("incomplete", 1), ("none", 1), ("invalid", 1)),
}  # fmt: skip
_FINDING_PERMILLE = {"good": 20, "late": 60, "corrected": 150}  # else 450
_FINDINGS = {
    "access_review": "Leavers kept access",
    "change_records": "A change has no approval on record",
    "dr_evidence": "Recovery was not proved within a year",
    "backup_evidence": "No restore was validated",
}
# Severity of a finding, and whether somebody mends it.
_FINDING_COURSES = (
    (("critical", True), 1), (("critical", False), 1), (("high", True), 2), (("high", False), 1),
    (("medium", True), 4), (("medium", False), 1), (("low", True), 2), (("low", False), 1),
)  # fmt: skip

_ITEMS = (2, 5)  # promised by a team for a quarter
# How an item goes. "changed_late" was changed when it was overdue already.
_ITEM_COURSES = {
    "steady": (
        ("delivered", 11), ("on_the_day", 1), ("moved", 2), ("descoped", 1), ("late", 2),
        ("changed_late", 1), ("not_delivered", 2),
    ),
    "better": (("delivered", 14), ("moved", 2), ("late", 1)),
    "drowning": (
        ("not_delivered", 3), ("late", 3), ("delivered", 3), ("changed_late", 1), ("withdrawn", 1),
    ),
}  # fmt: skip
_PROMISED_LATE_PERMILLE = 80  # once the quarter had begun
_PROMISES = (
    "Rotate secrets without a restart", "Halve the time of a release", "Run in a second region",
    "Shed load before it hurts", "Page on symptoms only", "Retire the old queue",
    "Encrypt backups", "Move to smaller machines", "Restore from backup in an hour",
    "Publish SLOs for every API",
)  # fmt: skip


# --- Surveys -----------------------------------------------------------------------------------


def ask_stakeholders(company: Circumstances) -> tuple[list[Survey], list[SurveyAnswer]]:
    """Return who was asked about each team in each quarter, and what they answered."""
    surveys: list[Survey] = []
    answers: list[SurveyAnswer] = []
    seldom_asked = _team_with_few_stakeholders(company)
    for turn, quarter in enumerate(quarters_between(company.start_at, company.end_at)):
        asked_on = weekday_from(next_quarter(quarter) - timedelta(days=_SURVEY_DAYS_BEFORE_END))
        for team in company.truth.teams:
            sent_at = utc_at(asked_on, MORNING, team.time_zone)
            if not company.start_at <= sent_at < company.end_at:
                continue
            few = team.team_id == seldom_asked
            for group in _GROUPS[:1] if few else _GROUPS:
                survey = _survey(company, team, quarter, group, sent_at, few=few)
                surveys.append(survey)
                answers += _answers(
                    company, survey, _FEW_ANSWERS[turn % len(_FEW_ANSWERS)] if few else None
                )
    return surveys, answers


def _team_with_few_stakeholders(company: Circumstances) -> str | None:
    """Return a team hardly anybody knows: none of one or two, nor the one everybody does."""
    others = [
        team.team_id for team in company.truth.teams if team.team_id != company.drowning_team_id
    ]
    return company.draws.choice(others, "few-stakeholders") if len(others) > 1 else None


def _survey(
    company: Circumstances, team: Team, quarter: date, group: str, sent_at: datetime, *, few: bool
) -> Survey:
    key = (team.team_id, quarter, group)
    return Survey(
        survey_id="/".join((quarter.isoformat(), team.team_id, group)),
        period_start_date=quarter,
        team_id=team.team_id,
        respondent_group=group,
        invited_count=_FEW_INVITED if few else company.draws.integer(*_INVITED, "invited", *key),
        sent_at=sent_at,
    )


def _answers(company: Circumstances, survey: Survey, count: int | None) -> Iterator[SurveyAnswer]:
    """Yield the answers given before the history ended; so many, or as many as people bother."""
    draws = company.draws
    usual = _usual_score(company, survey)
    for number in range(survey.invited_count):
        key = (survey.survey_id, number)
        answered = (
            number < count
            if count is not None
            else draws.happens(_ANSWERS_PERMILLE, "answered", *key)
        )
        answered_at = survey.sent_at + timedelta(minutes=draws.integer(30, 20 * 1440, "on", *key))
        if not answered or company.happened(answered_at) is None:
            continue
        score = usual + draws.integer(-2, 2, "score", *key)
        yield SurveyAnswer(
            answer_id=f"{survey.survey_id}/{number + 1}",
            survey_id=survey.survey_id,
            period_start_date=survey.period_start_date,
            team_id=survey.team_id,
            respondent_group=survey.respondent_group,
            score=max(0, min(10, score)),
            answered_at=answered_at,
        )


def _usual_score(company: Circumstances, survey: Survey) -> int:
    """Return what most people think: less after severe incidents, more when it got better."""
    if survey.team_id == company.drowning_team_id:
        return 5
    is_better = company.is_better(midnight(survey.period_start_date))
    was_bad = company.was_bad(survey.team_id, survey.period_start_date)
    return 8 + is_better - was_bad


# --- Controls ----------------------------------------------------------------------------------


def prove_controls(
    company: Circumstances, dr_tests: list[DrTest]
) -> tuple[list[Control], list[Evidence], list[Finding]]:
    """Return the controls due, what was handed in for them, and what auditors found."""
    controls: list[Control] = []
    evidence: list[Evidence] = []
    findings: list[Finding] = []
    critical = {service.team_id for service in company.truth.services if service.tier <= 1}
    for quarter in quarters_between(company.start_at, company.end_at):
        for team in company.truth.teams:
            for kind, title in _CONTROLS:
                if kind == "dr_evidence" and team.team_id not in critical:
                    continue
                control = Control(
                    control_id=f"{kind}/{team.team_id}",
                    period_start_date=quarter,
                    team_id=team.team_id,
                    kind=kind,
                    title=f"{title}: {team.name}",
                    due_date=weekday_from(
                        next_quarter(quarter) + timedelta(days=_CONTROL_DUE_DAYS)
                    ),
                )
                controls.append(control)
                course = _evidence_course(company, control, dr_tests)
                evidence += _evidence(company, control, course)
                findings += _findings(company, control, course)
    findings.sort(key=lambda finding: (finding.opened_at, finding.finding_id))
    return controls, evidence, findings


def _evidence_course(company: Circumstances, control: Control, dr_tests: list[DrTest]) -> str:
    mood = company.mood(control.team_id, midnight(control.period_start_date))
    course = company.decks.deal(_EVIDENCE[mood], "evidence", mood)
    if control.kind != "dr_evidence" or course == "none":
        return course
    # A test with a report, in the year before evidence is handed in, is what there is to hand in.
    last = midnight(control.due_date) - timedelta(days=_HANDED_IN_DAYS[1])
    has_proof = any(
        test.evidence_url is not None
        and test.ended_at is not None
        and last - timedelta(days=365) <= test.ended_at < last
        and company.services[test.service_id].team_id == control.team_id
        for test in dr_tests
    )
    return course if has_proof else "incomplete"


def _evidence(company: Circumstances, control: Control, course: str) -> Iterator[Evidence]:
    draws = company.draws
    key = (control.control_id, control.period_start_date)
    zone = company.teams[control.team_id].time_zone
    hands_in = {"none": 0, "corrected": 2}.get(course, 1)
    day = control.due_date - timedelta(days=draws.integer(*_HANDED_IN_DAYS, "handed-in", *key))
    if course == "late":
        day = control.due_date + timedelta(days=draws.integer(3, 20, "handed-in-late", *key))
    for turn in range(hands_in):
        minute = draws.integer(MORNING, EVENING - 1, "handed-in-at", *key, turn)
        submitted_at = utc_at(weekday_from(day), minute, zone)
        day = weekday_from(day) + timedelta(days=3)
        if not company.start_at <= submitted_at < company.end_at:
            continue
        is_first_of_two = course == "corrected" and turn == 0
        place = f"{control.control_id}/{control.period_start_date}/{turn + 1}"
        yield Evidence(
            evidence_id=place,
            control_id=control.control_id,
            period_start_date=control.period_start_date,
            submitted_at=submitted_at,
            is_complete=course != "incomplete" and not is_first_of_two,
            is_valid=course != "invalid",
            evidence_url=f"https://wiki.example.com/evidence/{place}"
            if course != "incomplete"
            else None,
        )


def _findings(company: Circumstances, control: Control, course: str) -> Iterator[Finding]:
    draws = company.draws
    key = (control.control_id, control.period_start_date)
    if not draws.happens(_FINDING_PERMILLE.get(course, 450), "finding", *key):
        return
    days = draws.integer(2, 25, "found-after", *key)
    zone = company.teams[control.team_id].time_zone
    found_on = weekday_from(control.due_date + timedelta(days=days))
    opened_at = utc_at(found_on, draws.integer(MORNING, EVENING - 1, "found-at", *key), zone)
    if company.happened(opened_at) is None:
        return
    closed_on = weekday_from(found_on + timedelta(days=draws.integer(5, 90, "mended", *key)))
    closed_at = utc_at(closed_on, draws.integer(MORNING, EVENING - 1, "mended-at", *key), zone)
    severity, is_mended = company.decks.deal(_FINDING_COURSES, "finding")
    yield Finding(
        finding_id=f"{control.control_id}/{control.period_start_date}/finding",
        control_id=control.control_id,
        period_start_date=control.period_start_date,
        severity=severity,
        title=_FINDINGS[control.kind],
        opened_at=opened_at,
        closed_at=company.happened(closed_at) if is_mended else None,
    )


# --- Roadmap -----------------------------------------------------------------------------------


def keep_promises(company: Circumstances) -> list[RoadmapItem]:
    """Return what each team promised for each quarter, and what became of it."""
    items = []
    numbers: Counter[str] = Counter()
    for quarter in quarters_between(company.start_at, company.end_at):
        for team in company.truth.teams:
            count = company.draws.integer(*_ITEMS, "items", team.team_id, quarter)
            for title in company.draws.sample(_PROMISES, count, "promises", team.team_id, quarter):
                numbers[team.team_id] += 1
                item = _item(company, team, quarter, title, numbers[team.team_id])
                if item is not None:
                    items.append(item)
    return items


def _item(
    company: Circumstances, team: Team, quarter: date, title: str, number: int
) -> RoadmapItem | None:
    draws = company.draws
    key = (team.team_id, quarter, title)
    zone = team.time_zone
    is_late = draws.happens(_PROMISED_LATE_PERMILLE, "promised-late", *key)
    days = draws.integer(3, 30, "promised", *key)
    promised_on = weekday_from(quarter + timedelta(days=days if is_late else -days - 2))
    committed_at = utc_at(promised_on, draws.integer(MORNING, EVENING - 1, "at", *key), zone)
    # What was promised before the history is nobody's record.
    if not company.start_at <= committed_at < company.end_at:
        return None
    due_date = weekday_from(quarter + timedelta(days=draws.integer(45, 87, "due", *key)))
    mood = company.mood(team.team_id, midnight(quarter))
    course = company.decks.deal(_ITEM_COURSES[mood], "roadmap", mood)

    def at(day: date, purpose: str) -> datetime | None:
        minute = draws.integer(MORNING, EVENING - 1, purpose, *key)
        return company.happened(utc_at(weekday_from(day), minute, zone))

    early = due_date - timedelta(days=draws.integer(5, 20, "early", *key))
    overdue = due_date + timedelta(days=draws.integer(3, 40, "overdue", *key))
    later = weekday_from(overdue + timedelta(days=14))
    delivered_at = None
    changed_at, change, new_due_date = None, course, None
    if course in ("delivered", "late"):
        delivered_at = at(early if course == "delivered" else overdue, "delivered-at")
    elif course == "on_the_day":
        delivered_at = company.happened(utc_at(due_date, 23 * 60 + 30, zone))
    elif course == "moved":
        changed_at, new_due_date = at(early, "changed-at"), later
        delivered_at = at(later - timedelta(days=3), "delivered-at")
    elif course == "changed_late":
        changed_at, change, new_due_date = at(overdue, "changed-at"), "moved", later
    elif course in ("descoped", "withdrawn"):
        changed_at = at(early, "changed-at")
    return RoadmapItem(
        item_id=f"{team.team_id}/{number}",
        team_id=team.team_id,
        title=title,
        quarter_start_date=quarter,
        committed_at=committed_at,
        due_date=due_date,
        delivered_at=delivered_at,
        changes=(RoadmapChange(changed_at, change, new_due_date),) if changed_at else (),
    )
