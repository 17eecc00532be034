"""Where people's hours went: projects, meetings, and the toil that pages and tickets make."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from nines.simulation.clock import quarter_start
from nines.simulation.practice.calendars import local_date, midnight
from nines.simulation.practice.circumstances import Circumstances
from nines.simulation.practice.records import TimeEntry
from nines.simulation.truth import Person, Service, Team

CATEGORIES = ("tickets", "manual_deployments", "interrupts", "project", "meetings")
_FULL_WEEK, _SHORT_WEEK = 2400, 1920  # minutes
_STEP = 15  # minutes; nobody logs less
_SHORT_WEEK_PERMILLE = 125  # of the people
_AWAY_PERMILLE = 90  # of the weeks
_MINUTES_PER_PAGE = (20, 60)
_MINUTES_PER_DEPLOYMENT = 50  # by hand; an automatic one costs nobody anything
# Minutes of tickets a person has in a usual week, and in permille of it where it is not usual.
_TICKETS = (300, 660)
_DROWNING_PERMILLE = 2200
_AFTER_BAD_QUARTER_PERMILLE = 1350
_BETTER_PERMILLE = 650
_TASKS = {
    "tickets": (
        "reset access", "clean up disks", "renew certificates", "replay failed messages",
        "correct data by hand", "answer questions",
    ),
    "manual_deployments": ("release by hand",),
    "interrupts": ("pages",),
    "project": ("build", "review", "plan"),
    "meetings": ("meetings",),
}  # fmt: skip


def log_time(company: Circumstances) -> list[TimeEntry]:
    """Return what everybody logged, person by person, week by week."""
    pages = Counter((page.person_id, _monday(page.sent_at.date())) for page in company.truth.pages)
    releases = Counter(
        (deployment.author_id, _monday(deployment.started_at.date()))
        for deployment in company.truth.deployments
    )
    entries: list[TimeEntry] = []
    for team_id, people in company.members.items():
        habits = _habits(company, team_id)
        for person in people:
            for monday in _mondays(company):
                week = (person.person_id, monday)
                entries += _week(
                    company,
                    habits,
                    person,
                    monday,
                    page_count=pages[week],
                    release_count=releases[week],
                )
    return entries


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a team works, and where it says so."""

    team: Team
    services: list[Service]
    logs_interrupts: bool
    releases_by_hand: bool
    recorded_in: str
    end_date: date  # days before it were over, for the team, when the history ended


def _habits(company: Circumstances, team_id: str) -> _Habits:
    draws = company.draws
    is_drowning = team_id == company.drowning_team_id
    return _Habits(
        team=company.teams[team_id],
        services=company.owned[team_id],
        logs_interrupts=is_drowning or draws.happens(500, "logs-interrupts", team_id),
        releases_by_hand=is_drowning or draws.happens(300, "releases-by-hand", team_id),
        recorded_in=draws.choice(("jira", "csv", "servicenow"), "time-recorded-in", team_id),
        end_date=local_date(company.end_at, company.teams[team_id].time_zone),
    )


def _week(
    company: Circumstances,
    habits: _Habits,
    person: Person,
    monday: date,
    *,
    page_count: int,
    release_count: int,
) -> Iterator[TimeEntry]:
    """Yield a person's entries of a week, those only whose day was over when the history ended."""
    draws = company.draws
    key = (person.person_id, monday)
    if draws.happens(_AWAY_PERMILLE, "away", *key):
        return
    is_short = draws.happens(_SHORT_WEEK_PERMILLE, "short-week", person.person_id)
    whole = _SHORT_WEEK if is_short else _FULL_WEEK
    minutes = {
        "tickets": _ticket_minutes(company, habits.team, person, monday, whole),
        "manual_deployments": release_count * _MINUTES_PER_DEPLOYMENT * habits.releases_by_hand,
        "interrupts": page_count
        * draws.integer(*_MINUTES_PER_PAGE, "per-page", *key)
        * habits.logs_interrupts,
        "meetings": draws.integer(180, 420, "meetings", *key),
    }
    minutes = {category: _whole_steps(total) for category, total in minutes.items()}
    # What is left goes to projects; where nothing is, the week gets longer.
    minutes["project"] = max(120, whole - sum(minutes.values()))
    # One draw says what the week begins with, and the task and service of each entry.
    mix = draws.bits("week", *key)
    day_length = _whole_steps(-(-sum(minutes.values()) // 5))
    place = 0  # minutes into the week
    for category in [*CATEGORIES[mix % 5 :], *CATEGORIES[: mix % 5]]:
        rest = minutes[category]
        while rest:
            day, since_morning = divmod(place, day_length)
            part = min(rest, day_length - since_morning)
            place += part
            rest -= part
            work_date = monday + timedelta(days=day)
            if company.start_at.date() <= work_date < habits.end_date:
                yield _entry(habits, person, work_date, category, minutes=part, mix=mix // 5 + day)


def _entry(
    habits: _Habits, person: Person, work_date: date, category: str, *, minutes: int, mix: int
) -> TimeEntry:
    service = None
    if habits.services and category != "meetings":
        service = habits.services[mix % len(habits.services)]
    is_there = service is not None and service.first_seen_date <= work_date
    return TimeEntry(
        entry_id=f"{person.person_id}/{work_date}/{category}",
        person_id=person.person_id,
        team_id=person.team_id,
        work_date=work_date,
        category=category,
        task=_TASKS[category][mix // 64 % len(_TASKS[category])],
        service_id=service.service_id if is_there else None,
        minutes=minutes,
        recorded_in=habits.recorded_in,
    )


def _whole_steps(minutes: int) -> int:
    return -(-minutes // _STEP) * _STEP


def _ticket_minutes(
    company: Circumstances, team: Team, person: Person, monday: date, whole: int
) -> int:
    minutes = company.draws.integer(*_TICKETS, "tickets", person.person_id, monday)
    if team.team_id == company.drowning_team_id:
        return min(minutes * _DROWNING_PERMILLE // 1000, whole * 2 // 3)
    if company.is_better(midnight(monday)):
        minutes = minutes * _BETTER_PERMILLE // 1000
    if company.was_bad(team.team_id, quarter_start(quarter_start(monday) - timedelta(days=1))):
        minutes = minutes * _AFTER_BAD_QUARTER_PERMILLE // 1000
    return minutes


def _mondays(company: Circumstances) -> Iterator[date]:
    monday = _monday(company.start_at.date())
    while midnight(monday) < company.end_at:
        yield monday
        monday += timedelta(days=7)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
