"""The history of the company's GitOps repository: the image tag of each application, by quarter.

Each release passes integration and staging before production (now and then production comes
first); only production is a deployment. The log begins with each application's entry, which names
what runs, and holds configuration that changes no tag. Times carry the team's own offset, or UTC's
where a machine wrote them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nines.simulation.draws import Draws
from nines.simulation.exporting.alterations import HOSTILE_TITLES, alter
from nines.simulation.exporting.misplacing import misplace
from nines.simulation.exporting.moments import local_text, zulu
from nines.simulation.exporting.quarters import by_quarter
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
from nines.simulation.exporting.writing import write_csv
from nines.simulation.truth import Deployment, Dirt, Service, Team, Truth

COLUMNS = (
    "commit_sha",
    "merged_at",
    "branch_commit_at",
    "actor",
    "subject",
    "environment",
    "application",
    "change",
    "old_image_tag",
    "new_image_tag",
    "old_automatic_deploys_enabled",
    "new_automatic_deploys_enabled",
    "old_promote_deployment",
    "new_promote_deployment",
)
ENVIRONMENTS = ("integration", "staging", "production")
MACHINE = "acme-ci"
FROM_A_BRANCH = "Merge pull request #{} from acme/{} into main"

# One production release in so many permille reaches integration only afterwards.
PRODUCTION_FIRST_PERMILLE = 60
CONFIGURED_PER_SERVICE = 3
PREVIEW_PERMILLE = 200
DIRECT_PERMILLE = 100

# Dirt; the first quarter's file lands last.
REDELIVERED = Redelivery(repeated=5, reexported=8, late=6)
CAPITAL_WORDS = 5
OFFSET_TIMES = 6
TITLES_OF_EACH_KIND = 2
UNKNOWN_SERVICES = 1
FAULTS = (
    without("commit_sha"),
    without("application"),
    with_value("2026-02-30T25:61:00+00:00", "merged_at"),
    with_value("renamed", "change"),
)


@dataclass(frozen=True, slots=True)
class _Change:
    """A row of the log before it is written."""

    commit_sha: str
    merged_at: datetime
    zone: str
    actor: str
    subject: str
    environment: str
    application: str
    change: str = "modified"
    old_tag: str | None = None
    new_tag: str | None = None
    automatic: tuple[str | None, str | None] = (None, None)
    is_direct: bool = False  # pushed by hand, from no branch


def export(truth: Truth, draws: Draws, folder: Path) -> list[Dirt]:
    """Write the log of the teams that deploy by it; return the dirt in it."""
    is_dirty = truth.scenario.is_dirty
    recorded_as, dirt = misplace(
        truth,
        draws,
        system="gitops",
        deploys_by=("gitops",),
        count=UNKNOWN_SERVICES if is_dirty else 0,
        name="{}-canary".format,
    )
    changes = sorted(
        _changes(truth, draws, recorded_as),
        key=lambda change: (change.merged_at, change.application, change.environment),
    )
    deliveries = by_quarter(
        truth.scenario,
        "image_changes_{}.csv",
        changes,
        lambda change: [change.merged_at],
        lambda change, _: _row(draws, change),
    )
    if is_dirty:
        dirt += _soil(deliveries, draws)
    for file, rows in deliveries.items():
        write_csv(folder / file, COLUMNS, rows)
    return dirt


def _row(draws: Draws, change: _Change) -> Record:
    seconds = draws.integer(1, 3, "branch", change.commit_sha, change.environment)
    branched_at = change.merged_at - timedelta(seconds=seconds)
    values = (
        change.commit_sha,
        local_text(change.merged_at, change.zone),
        # The branch is committed by a machine, which lives in UTC.
        None if change.is_direct else local_text(branched_at, "UTC"),
        change.actor,
        change.subject,
        change.environment,
        change.application,
        change.change,
        change.old_tag,
        change.new_tag,
        *change.automatic,
        None,
        None,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _changes(truth: Truth, draws: Draws, recorded_as: dict[str, str]) -> Iterator[_Change]:
    by_service: dict[str, list[Deployment]] = {}
    for deployment in truth.deployments:
        by_service.setdefault(deployment.service_id, []).append(deployment)
    logins = {person.person_id: person.github_login for person in truth.people}
    for service in truth.services:
        team = truth.team(service.team_id)
        if team.deploys_by == "gitops":
            deployments = by_service.get(service.service_id, [])
            yield from _entries(truth, draws, service, team, deployments)
            yield from _releases(
                truth, draws, team, deployments, logins=logins, recorded_as=recorded_as
            )
            yield from _configuration(truth, draws, service, team, deployments)


# --- Applications appear and are configured ----------------------------------------------------


def _entries(
    truth: Truth, draws: Draws, service: Service, team: Team, deployments: list[Deployment]
) -> Iterator[_Change]:
    """Yield an application's first entry in each environment; one commit adds a day's all."""
    created_at = datetime.combine(service.first_seen_date, datetime.min.time())
    created_at += timedelta(seconds=draws.integer(3600, 70_000, "entry", service.first_seen_date))
    if created_at > truth.scenario.end_at:
        return
    previous = deployments[0].previous_version if deployments else None
    for environment in ENVIRONMENTS:
        yield _Change(
            commit_sha=draws.hexadecimal(40, "entries", service.first_seen_date),
            merged_at=created_at,
            zone=team.time_zone,
            actor=MACHINE,
            subject="Add applications",
            environment=environment,
            application=service.service_id,
            change="created",
            new_tag=previous or "v1",
            automatic=(None, "true"),
        )
    yield from _preview(truth, draws, service, team, created_at)


def _preview(
    truth: Truth, draws: Draws, service: Service, team: Team, created_at: datetime
) -> Iterator[_Change]:
    """Yield a preview environment that some applications had for a while."""
    key = ("preview", service.service_id)
    deleted_at = created_at + timedelta(days=draws.integer(5, 60, *key, "days"))
    if not draws.happens(PREVIEW_PERMILLE, *key) or deleted_at > truth.scenario.end_at:
        return
    for change, moment, tags, automatic in (
        ("created", created_at, (None, "preview"), (None, "true")),
        ("deleted", deleted_at, ("preview", None), ("true", None)),
    ):
        yield _Change(
            commit_sha=draws.hexadecimal(40, *key, change),
            merged_at=moment,
            zone=team.time_zone,
            actor=MACHINE,
            subject=f"Preview of {service.service_id}: {change}",
            environment="preview",
            application=service.service_id,
            change=change,
            old_tag=tags[0],
            new_tag=tags[1],
            automatic=automatic,
        )


def _configuration(
    truth: Truth, draws: Draws, service: Service, team: Team, deployments: list[Deployment]
) -> Iterator[_Change]:
    """Yield changes of settings that keep the tag: no deployments."""
    for turn in range(CONFIGURED_PER_SERVICE):
        key = ("configured", service.service_id, turn)
        hours = draws.integer(30, max(31, truth.scenario.days * 24), *key)
        moment = datetime.combine(service.first_seen_date, datetime.min.time()) + timedelta(
            hours=hours, seconds=draws.integer(0, 3599, *key, "seconds")
        )
        running = [entry.version for entry in deployments if entry.started_at <= moment]
        if moment > truth.scenario.end_at or not running:
            continue
        is_stopped = turn % 2 == 0
        yield _Change(
            commit_sha=draws.hexadecimal(40, *key),
            merged_at=moment,
            zone=team.time_zone,
            actor=MACHINE,
            subject=("Stop" if is_stopped else "Resume") + f" releases of {service.service_id}",
            environment="production",
            application=service.service_id,
            old_tag=running[-1],
            new_tag=running[-1],
            automatic=("true", "false") if is_stopped else ("false", "true"),
        )


# --- Releases ----------------------------------------------------------------------------------


def _releases(
    truth: Truth,
    draws: Draws,
    team: Team,
    deployments: list[Deployment],
    *,
    logins: dict[str, str],
    recorded_as: dict[str, str],
) -> Iterator[_Change]:
    tags: dict[str, str | None] = {}
    for deployment in deployments:
        for environment, moment in _passage(truth, draws, deployment):
            before = tags.get(environment, deployments[0].previous_version)
            if environment == "production":
                before = deployment.previous_version
            tags[environment] = deployment.version
            application = recorded_as.get(deployment.deployment_id, deployment.service_id)
            if environment != "production":
                application = deployment.service_id
            key = ("image change", deployment.deployment_id, environment)
            is_direct = deployment.kind == "rollback" and draws.happens(DIRECT_PERMILLE, *key)
            is_by_machine = deployment.kind in ("release", "revert")
            yield _Change(
                commit_sha=draws.hexadecimal(40, *key),
                merged_at=moment,
                zone=team.time_zone,
                actor=MACHINE if is_by_machine else logins[deployment.author_id],
                subject=_subject(draws, deployment, environment),
                environment=environment,
                application=application,
                old_tag=before,
                new_tag=deployment.version,
                is_direct=is_direct,
            )


def _passage(truth: Truth, draws: Draws, deployment: Deployment) -> Iterator[tuple[str, datetime]]:
    """Yield the environments a release passes, with the time; going back concerns production."""
    moment = deployment.started_at
    yield "production", moment
    if deployment.kind == "rollback":
        return
    key = ("passage", deployment.deployment_id)
    is_production_first = draws.happens(PRODUCTION_FIRST_PERMILLE, *key)
    for environment, low, high in (("staging", 120, 420), ("integration", 600, 1200)):
        apart = timedelta(seconds=draws.integer(low, high, *key, environment))
        passed_at = moment + apart if is_production_first else moment - apart
        if truth.scenario.start_at <= passed_at <= truth.scenario.end_at:
            yield environment, passed_at


def _subject(draws: Draws, deployment: Deployment, environment: str) -> str:
    """Return the first line of the commit, which names a repair as one."""
    service_id, version = deployment.service_id, deployment.version
    usual = f"Merge update-image-tag/{service_id}/{environment}/{version} into main"
    if deployment.kind == "rollback":
        forms = (f"Back to {version} for {service_id}", f"Roll back {service_id} to {version}")
        return draws.choice(forms, "rollback subject", deployment.deployment_id)
    if deployment.kind == "revert":
        left = deployment.previous_version
        return f'Revert "Merge update-image-tag/{service_id}/{environment}/{left} into main"'
    if deployment.kind == "hotfix":
        number = draws.integer(100, 9999, "hotfix number", deployment.deployment_id)
        return FROM_A_BRANCH.format(number, f"hotfix/{service_id}-{version}")
    return usual


# --- Dirt --------------------------------------------------------------------------------------


def _soil(deliveries: Deliveries, draws: Draws) -> list[Dirt]:
    table = Table(
        "gitops",
        "image_changes",
        lambda row: f"{row['commit_sha']}:{row['environment']}:{row['application']}",
    )
    dirt = rename_first(deliveries, "redelivered/{}".format, "gitops")
    titles = {kind: (TITLES_OF_EACH_KIND, _titled(title)) for kind, title in HOSTILE_TITLES.items()}
    dirt += alter(deliveries, table, draws, titles, _is_plain_release)
    forms = {"capital_word": (CAPITAL_WORDS, _in_capitals), "offset_time": (OFFSET_TIMES, _in_utc)}
    dirt += alter(deliveries, table, draws, forms)
    dirt += redeliver(deliveries, table, draws, REDELIVERED)
    return dirt + spoil(deliveries, table, draws, FAULTS)


def _is_plain_release(row: Record) -> bool:
    return str(row["subject"]).startswith("Merge update-image-tag/")


def _titled(title: Callable[[str], str]) -> Callable[[Record], Record]:
    return lambda row: {**row, "subject": title(row["subject"])}


def _in_capitals(row: Record) -> Record:
    return {**row, "change": row["change"].upper()}


def _in_utc(row: Record) -> Record:
    """Write the instants of a row with a Z."""
    instants = {name: row[name] for name in ("merged_at", "branch_commit_at") if row[name]}
    return {
        **row,
        **{
            name: zulu(datetime.fromisoformat(text).astimezone(UTC))
            for name, text in instants.items()
        },
    }
