"""GitHub's records of the company: deployments (REST and GraphQL), pull requests, commits, runs.

A file is what was new or had changed in one quarter, as it stood when the quarter was over, so
that a record whose state changes later comes again. GitHub marks a deployment inactive when a
newer one takes its place.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting import naming
from nines.simulation.exporting.alterations import HOSTILE_TITLES, alter, with_offsets
from nines.simulation.exporting.github_shapes import Attempt, Record, Run, Shapes, Status
from nines.simulation.exporting.misplacing import misplace
from nines.simulation.exporting.quarters import by_quarter
from nines.simulation.exporting.redelivery import (
    Deliveries,
    Redelivery,
    Table,
    redeliver,
    rename_first,
    spoil,
    with_value,
    without,
)
from nines.simulation.exporting.writing import write_json_lines
from nines.simulation.truth import Deployment, Dirt, PullRequest, Truth

# Dirt, of each table, where it has so many records; the first quarter's files land last.
REDELIVERED = Redelivery(repeated=3, reexported=4, late=3)
CAPITAL_WORDS = 6
OFFSET_TIMES = 4
# Dirt of titles, and of where something was deployed.
TITLES_OF_EACH_KIND = 2
UNKNOWN_SERVICES = 2
# Broken copies of sound records: what each lacks, or has instead.
FAULTS = {
    "deployments": (without("sha"), with_value("2026-02-30T25:61:00Z", "created_at")),
    "deployment_statuses": (without("deployment_url"), with_value("exploded", "state")),
    "deployments_graphql": (without("CommitOid"), without("Environment")),
    "pull_requests": (without("base", "repo", "full_name"), with_value("soon", "created_at")),
    "pull_request_commits": (without("commit", "author", "date"),),
    "workflow_runs": (without("run_attempt"), without("repository", "full_name")),
}
_IDS = {
    "deployments_graphql": "DatabaseId",
    "pull_request_commits": "sha",
}
_IN_SMALL_LETTERS = ("deployment_statuses", "workflow_runs")

STAGING_PERMILLE = 300
# A run is the largest record of all; the tests of some pull requests have all their shapes.
TESTED_PERMILLE = 300
RERUN_PERMILLE = 120
MERGED_INTO_BRANCH_PERMILLE = 80


@dataclass(frozen=True, slots=True)
class _Course:
    """A deployment with the statuses it was given, oldest first, and when it was given up."""

    service_id: str
    attempt: Attempt
    statuses: tuple[Status, ...]
    abandoned_at: datetime | None = None

    def changes(self) -> Iterator[datetime]:
        """Yield each instant at which the record changed."""
        yield self.attempt.created_at
        yield from (status.at for status in self.statuses)
        if self.abandoned_at:
            yield self.abandoned_at

    def state(self, as_of: datetime) -> str:
        """Return what GraphQL calls the deployment's state at an instant."""
        if self.abandoned_at and self.abandoned_at <= as_of:
            return "ABANDONED"
        newest = [status.state for status in self.statuses if status.at <= as_of][-1]
        return "ACTIVE" if newest == "success" else newest.upper()


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write all tables by quarter; return the dirt in them."""
    is_dirty = truth.scenario.is_dirty
    recorded_in, dirt = misplace(
        truth,
        draws,
        system="github",
        deploys_by=("github", "github_graphql"),
        count=UNKNOWN_SERVICES if is_dirty else 0,
        name=lambda service_id: naming.repository(f"{service_id}-mirror"),
    )
    pulls = truth.pull_requests
    if is_dirty:
        pulls, soiled = _soil_titles(truth, draws)
        dirt += soiled
    by_rest = [*_courses(truth, draws, "github", recorded_in)]
    by_graphql = [*_courses(truth, draws, "github_graphql", recorded_in)]
    shapes = Shapes(truth, draws)
    tables = {
        "deployments": _deployments(truth, shapes, by_rest),
        "deployment_statuses": _deployment_statuses(truth, shapes, by_rest),
        "deployments_graphql": _deployments_of_graphql(truth, shapes, by_graphql),
        "pull_requests": _pull_requests(truth, shapes, pulls),
        "pull_request_commits": _pull_request_commits(truth, shapes),
        "workflow_runs": _workflow_runs(truth, shapes, draws, by_rest + by_graphql),
    }
    for name, deliveries in tables.items():
        if is_dirty:
            dirt += _soil(deliveries, name, draws)
        for file, records in deliveries.items():
            if records:
                write_json_lines(folder / file, records)
    return dirt


# --- Deployments -------------------------------------------------------------------------------


def _courses(
    truth: Truth, draws: Draws, deploys_by: str, recorded_in: Mapping[str, str]
) -> Iterator[_Course]:
    """Yield the deployments of the teams that deploy so, each with its statuses."""
    teams = {team.team_id for team in truth.teams if team.deploys_by == deploys_by}
    services = {service.service_id for service in truth.services if service.team_id in teams}
    replaced_at = _replacements(truth)
    for place, deployment in enumerate(truth.deployments):
        if deployment.service_id not in services:
            continue
        number = 2_000_000_000 + place * 100 + draws.integer(0, 49, "github deployment", place)
        repository = recorded_in.get(
            deployment.deployment_id, naming.repository(deployment.service_id)
        )
        environment = draws.choice(("production", "prod"), "environment", deployment.service_id)
        production = Attempt(
            number=number,
            repository=repository,
            environment=environment,
            is_production=True,
            ref=deployment.version,
            sha=deployment.commit_sha,
            description=(
                f"Roll back to {deployment.version}" if deployment.kind == "rollback" else None
            ),
            author_id=deployment.author_id,
            created_at=deployment.requested_at,
        )
        yield from _rehearsal(truth, draws, deployment, production)
        statuses = _statuses(draws, deployment, replaced_at.get(deployment.deployment_id))
        abandoned_at = _abandoned_at(truth, draws, deployment)
        yield _Course(deployment.service_id, production, statuses, abandoned_at)


def _replacements(truth: Truth) -> dict[str, datetime]:
    """Return when each deployment that ran was replaced by the next that succeeded."""
    replaced_at: dict[str, datetime] = {}
    running: dict[str, str] = {}
    for deployment in truth.deployments:
        if deployment.reached_production and deployment.finished_at:
            before = running.get(deployment.service_id)
            if before:
                replaced_at[before] = deployment.finished_at
            running[deployment.service_id] = deployment.deployment_id
    return replaced_at


def _statuses(
    draws: Draws, deployment: Deployment, replaced_at: datetime | None
) -> tuple[Status, ...]:
    statuses = [
        Status("queued", deployment.requested_at),
        Status("in_progress", deployment.started_at),
    ]
    if deployment.finished_at and deployment.reached_production:
        statuses.append(Status("success", deployment.finished_at))
    elif deployment.finished_at:
        is_error = draws.happens(150, "deployment error", deployment.deployment_id)
        statuses.append(Status("error" if is_error else "failure", deployment.finished_at))
    if replaced_at:
        statuses.append(Status("inactive", replaced_at))
    return tuple(statuses)


def _abandoned_at(truth: Truth, draws: Draws, deployment: Deployment) -> datetime | None:
    if deployment.outcome != "cancelled":
        return None
    waited = draws.integer(3600, 200_000, "abandoned", deployment.deployment_id)
    return min(deployment.started_at + timedelta(seconds=waited), truth.scenario.end_at)


def _rehearsal(
    truth: Truth, draws: Draws, deployment: Deployment, production: Attempt
) -> Iterator[_Course]:
    """Yield the deployment to staging that some releases had shortly before."""
    key = ("rehearsal", deployment.deployment_id)
    if deployment.kind == "rollback" or not draws.happens(STAGING_PERMILLE, *key):
        return
    created_at = deployment.requested_at - timedelta(seconds=draws.integer(900, 1500, *key, "led"))
    if created_at < truth.scenario.start_at:
        return
    ended_at = created_at + timedelta(seconds=draws.integer(60, 600, *key, "lasted"))
    rehearsal = replace(
        production,
        number=production.number + 50,
        repository=naming.repository(deployment.service_id),
        environment="staging",
        is_production=False,
        created_at=created_at,
    )
    yield _Course(
        deployment.service_id,
        rehearsal,
        (
            Status("queued", created_at),
            Status("in_progress", created_at + timedelta(seconds=5)),
            Status("success", ended_at),
        ),
    )


def _deployments(truth: Truth, shapes: Shapes, courses: list[_Course]) -> Deliveries:
    def record(course: _Course, as_of: datetime) -> Record:
        return shapes.deployment(course.attempt, _newest(course.changes(), as_of))

    return by_quarter(truth.scenario, "{}/deployments.jsonl", courses, _Course.changes, record)


def _deployment_statuses(truth: Truth, shapes: Shapes, courses: list[_Course]) -> Deliveries:
    given = [
        (course.attempt, place, status)
        for course in courses
        for place, status in enumerate(course.statuses)
    ]
    return by_quarter(
        truth.scenario,
        "{}/deployment_statuses.jsonl",
        given,
        lambda entry: [entry[2].at],
        lambda entry, _: shapes.deployment_status(*entry),
    )


def _deployments_of_graphql(truth: Truth, shapes: Shapes, courses: list[_Course]) -> Deliveries:
    def record(course: _Course, as_of: datetime) -> Record:
        statuses = [status for status in course.statuses if status.at <= as_of]
        return shapes.deployment_of_graphql(
            course.attempt, statuses, course.state(as_of), _newest(course.changes(), as_of)
        )

    return by_quarter(
        truth.scenario, "{}/deployments_graphql.jsonl", courses, _Course.changes, record
    )


def _newest(moments: Iterable[datetime], as_of: datetime) -> datetime:
    return max(moment for moment in moments if moment <= as_of)


# --- Pull requests and runs --------------------------------------------------------------------


def _pull_requests(truth: Truth, shapes: Shapes, pulls: list[PullRequest]) -> Deliveries:
    return by_quarter(
        truth.scenario,
        "{}/pull_requests.jsonl",
        pulls,
        lambda pull: filter(None, (pull.opened_at, pull.closed_at)),
        shapes.pull_request,
    )


def _pull_request_commits(truth: Truth, shapes: Shapes) -> Deliveries:
    """Write each pull request's commits when it is opened; each follows the one before."""
    draws = shapes.draws

    def chained() -> Iterator[tuple[PullRequest, str, datetime, str, list[str]]]:
        for pull in truth.pull_requests:
            parents = [shapes.base_sha(pull)]
            for place, (sha, authored_at, message) in enumerate(pull.commits):
                key = ("merged into branch", pull.pull_request_id)
                if place and draws.happens(MERGED_INTO_BRANCH_PERMILLE, *key, place):
                    merge = draws.hexadecimal(40, *key, place)
                    others = draws.hexadecimal(40, *key, place, "main")
                    text = f"Merge branch 'main' into {pull.branch}"
                    yield pull, merge, authored_at, text, [*parents, others]
                    parents = [merge]
                yield pull, sha, authored_at, message, parents
                parents = [sha]

    return by_quarter(
        truth.scenario,
        "{}/pull_request_commits.jsonl",
        chained(),
        lambda commit: [max(commit[0].opened_at, commit[2])],
        lambda commit, _: shapes.pull_request_commit(*commit),
    )


def _workflow_runs(
    truth: Truth, shapes: Shapes, draws: Draws, courses: list[_Course]
) -> Deliveries:
    """Write the tests of each pull request, some run again, and the runs that deployed."""
    runs = [*_test_runs(truth, shapes, draws), *_deploy_runs(courses)]
    return by_quarter(
        truth.scenario,
        "{}/workflow_runs.jsonl",
        runs,
        lambda run: filter(None, (run.started_at, run.ended_at)),
        shapes.workflow_run,
    )


def _test_runs(truth: Truth, shapes: Shapes, draws: Draws) -> Iterator[Run]:
    end_at = truth.scenario.end_at
    for place, pull in enumerate(truth.pull_requests):
        key = ("test run", pull.pull_request_id)
        created_at = pull.opened_at + timedelta(seconds=draws.integer(2, 20, *key))
        ended_at = created_at + timedelta(seconds=draws.integer(120, 1500, *key, "lasted"))
        if created_at > end_at or not draws.happens(TESTED_PERMILLE, *key, "kept"):
            continue
        is_rerun = draws.happens(RERUN_PERMILLE, *key, "again")
        _, committed_at, message = pull.commits[-1] if pull.commits else ("", pull.opened_at, "")
        first = Run(
            number=10_000_000_000 + place * 1000 + draws.integer(0, 999, *key, "number"),
            run_number=pull.number,
            attempt=1,
            service_id=pull.service_id,
            workflow="Tests",
            event="pull_request",
            branch=pull.branch,
            head_sha=shapes.head_sha(pull),
            message=message,
            author_id=pull.author_id,
            committed_at=min(committed_at, created_at),
            created_at=created_at,
            started_at=created_at,
            ended_at=ended_at if ended_at <= end_at else None,
            conclusion="failure" if is_rerun else "success",
        )
        yield first
        restarted_at = ended_at + timedelta(seconds=draws.integer(60, 4000, *key, "restarted"))
        ended_again_at = restarted_at + (ended_at - created_at)
        if is_rerun and ended_again_at <= end_at:
            yield replace(
                first,
                attempt=2,
                started_at=restarted_at,
                ended_at=ended_again_at,
                conclusion="success",
            )


def _deploy_runs(courses: list[_Course]) -> Iterator[Run]:
    """Yield the run that made each production deployment, in the service's own repository."""
    conclusions = {"success": "success", "failure": "failure", "error": "failure"}
    numbers: dict[str, int] = {}
    for course in courses:
        attempt = course.attempt
        if not attempt.is_production:
            continue
        service_id = course.service_id
        numbers[service_id] = numbers.get(service_id, 0) + 1
        finals = [status for status in course.statuses if status.state in conclusions]
        yield Run(
            number=attempt.number * 10 + 7,
            run_number=numbers[service_id],
            attempt=1,
            service_id=service_id,
            workflow="Deploy",
            event="push",
            branch="main",
            head_sha=attempt.sha,
            message=f"Release {attempt.ref}",
            author_id=attempt.author_id,
            committed_at=attempt.created_at,
            created_at=attempt.created_at,
            started_at=attempt.created_at,
            ended_at=finals[0].at if finals else course.abandoned_at,
            conclusion=conclusions[finals[0].state] if finals else "cancelled",
        )


# --- Dirt --------------------------------------------------------------------------------------


def _soil_titles(truth: Truth, draws: Draws) -> tuple[list[PullRequest], list[Dirt]]:
    """Put hostile text into the titles of pull requests that repair nothing."""
    repairs = {entry.deployment_id for entry in truth.deployments if entry.kind != "release"}
    pulls = list(truth.pull_requests)
    places = [place for place, pull in enumerate(pulls) if pull.deployment_id not in repairs]
    kinds = list(HOSTILE_TITLES) * TITLES_OF_EACH_KIND
    dirt = []
    for place, kind in zip(
        draws.sample(places, len(kinds), "github", "titles"), kinds, strict=False
    ):
        pull = pulls[place]
        pulls[place] = replace(pull, title=HOSTILE_TITLES[kind](pull.title))
        dirt.append(Dirt(kind, "github", str(pull.pull_request_id), detail="pull_requests"))
    return pulls, dirt


def _soil(deliveries: Deliveries, name: str, draws: Draws) -> list[Dirt]:
    id_field = _IDS.get(name, "id")
    table = Table("github", name, lambda record: str(record[id_field]))
    dirt = rename_first(deliveries, "redelivered/{}".format, "github")
    forms = {"offset_time": (OFFSET_TIMES, with_offsets)}
    if name in _IN_SMALL_LETTERS:
        forms["capital_word"] = (CAPITAL_WORDS, _in_capitals)
    dirt += alter(deliveries, table, draws, forms)
    dirt += redeliver(deliveries, table, draws, REDELIVERED)
    return dirt + spoil(deliveries, table, draws, FAULTS[name])


def _in_capitals(record: Record) -> Record:
    """Write status words as some collectors do: in capitals, the conclusion for the status."""
    if "conclusion" in record:
        return {**record, "status": (record["conclusion"] or record["status"]).upper()}
    return {**record, "state": record["state"].upper()}
