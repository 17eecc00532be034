"""Releases: what each team ships, what of it goes wrong, and how that is put right."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from nines.simulation.clock import at_local, trouble_permille
from nines.simulation.draws import Draws
from nines.simulation.truth import Deployment, PullRequest, Service, Team, Truth

# Chance of a release on a working day, by tier, in permille.
RELEASE_PERMILLE = (330, 270, 160, 60)
WEEKEND_DIVISOR = 15
SECOND_RELEASE_PERMILLE = 150
FAILED_PERMILLE = 40
CANCELLED_PERMILLE = 20
FAULTY_PERMILLE = 90
INCIDENT_PERMILLE = 600
REMEDIES = (("rollback", 55), ("hotfix", 22), ("revert", 15), ("none", 8))
WORK = (
    "Speed up {}",
    "Add a limit to {}",
    "Rename fields of {}",
    "Retry calls in {}",
    "Cache answers of {}",
    "Log less in {}",
    "Renew libraries of {}",
    "Show totals in {}",
    "Split tables of {}",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A release that broke something: when that was noticed, and when it was put right."""

    deployment: Deployment
    noticed_at: datetime
    fixed_at: datetime | None  # None: nobody took it back; it was lived with or fixed later
    causes_incident: bool


def release(truth: Truth, draws: Draws) -> list[Fault]:
    """Fill the truth's deployments and pull requests; return the faults shipped, in their order."""
    faults: list[Fault] = []
    for place, service in enumerate(truth.services):
        line = _Line(truth, draws, place, service)
        line.run()
        truth.deployments += line.deployments
        faults += line.faults
        if service.catalogued_in:
            _pull(truth, draws, place, service, line.deployments)
    truth.deployments.sort(
        key=lambda deployment: (deployment.requested_at, deployment.deployment_id)
    )
    return sorted(faults, key=lambda fault: (fault.noticed_at, fault.deployment.deployment_id))


class _Line:
    """The line of versions of one service, as it grows."""

    def __init__(self, truth: Truth, draws: Draws, place: int, service: Service) -> None:
        self.scenario = truth.scenario
        self.draws = draws
        self.place = place
        self.service = service
        self.team: Team = truth.team(service.team_id)
        self.members = [
            person.person_id for person in truth.people if person.team_id == service.team_id
        ]
        self.number = draws.integer(1, 60, "first version", place)
        self.is_gitops = self.team.deploys_by == "gitops"
        # A GitOps log begins with the application's entry, which names what runs.
        self.running: str | None = f"v{self.number}" if self.is_gitops else None
        self.commits: dict[str, str] = {}
        self.deployments: list[Deployment] = []
        self.faults: list[Fault] = []
        self.free_from = datetime.combine(service.first_seen_date, datetime.min.time()) + timedelta(
            days=1
        )

    def run(self) -> None:
        """Release through the whole history."""
        for day in self._days():
            for turn in range(self._releases_on(day)):
                first, last = self.team.deployment_hours
                seconds = self.draws.integer(
                    first * 3600, last * 3600, "release at", self.place, day, turn
                )
                requested_at = at_local(day, seconds, self.team.time_zone)
                if self.free_from <= requested_at < self.scenario.end_at - timedelta(minutes=5):
                    self._release(requested_at)

    def _days(self) -> Iterator[date]:
        day = max(self.scenario.start_at.date(), self.service.first_seen_date)
        while day < self.scenario.end_at.date():
            yield day
            day += timedelta(days=1)

    def _releases_on(self, day: date) -> int:
        permille = RELEASE_PERMILLE[self.service.tier]
        if day.weekday() >= 5:
            permille //= WEEKEND_DIVISOR
        if not self.draws.happens(permille, "releases", self.place, day):
            return 0
        return 1 + self.draws.happens(SECOND_RELEASE_PERMILLE, "second release", self.place, day)

    def _release(self, requested_at: datetime) -> None:
        before = self.running
        attempt = self._attempt("release", requested_at, self._next_version(), None)
        if attempt.outcome != "succeeded":
            return
        trouble = trouble_permille(self.scenario, requested_at.date())
        if before and self._happens(FAULTY_PERMILLE * trouble // 1000, "faulty"):
            self._put_right(attempt, before)

    def _put_right(self, faulty: Deployment, before: str) -> None:
        """Notice that a release is bad and go back, or forward with a repair."""
        noticed_at = faulty.finished_at + timedelta(
            seconds=max(300, self._long_tailed(2400, "noticed"))
        )
        remedy = self.draws.weighted(REMEDIES, "remedy", self.place, len(self.deployments))
        requested_at = noticed_at + timedelta(seconds=self._integer(180, 1800, "remedy asked"))
        causes_incident = self._happens(INCIDENT_PERMILLE, "incident")
        fixed_at = None
        if remedy != "none" and requested_at < self.scenario.end_at - timedelta(minutes=30):
            version = before if remedy == "rollback" else self._next_version()
            fix = self._attempt(remedy, requested_at, version, faulty.deployment_id)
            fixed_at = fix.finished_at
            if remedy == "rollback":
                taken_back = replace(faulty, outcome="rolled_back")
                self.deployments[self.deployments.index(faulty)] = taken_back
                faulty = taken_back
        self.faults.append(Fault(faulty, noticed_at, fixed_at, causes_incident))

    def _attempt(
        self, kind: str, requested_at: datetime, version: str, remediates: str | None
    ) -> Deployment:
        outcome, started_at, finished_at = self._course(kind, requested_at)
        deployment = Deployment(
            deployment_id=f"D{self.place:03}-{len(self.deployments) + 1:05}",
            service_id=self.service.service_id,
            kind=kind,
            outcome=outcome,
            reached_production=outcome == "succeeded",
            version=version,
            previous_version=self.running,
            commit_sha=self._commit(version),
            remediates_deployment_id=remediates,
            caused_incident_id=None,
            author_id=self.draws.choice(self.members, "author", self.place, len(self.deployments)),
            requested_at=requested_at,
            started_at=started_at,
            finished_at=finished_at,
        )
        self.deployments.append(deployment)
        self.free_from = (finished_at or started_at) + timedelta(minutes=30)
        if outcome == "succeeded":
            self.running = version
        return deployment

    def _course(self, kind: str, requested_at: datetime) -> tuple[str, datetime, datetime | None]:
        """Return the outcome of an attempt, its start and its end."""
        if self.is_gitops:
            # Merging is the deployment; the log knows no failure.
            return "succeeded", requested_at, requested_at
        started_at = requested_at + timedelta(seconds=self._integer(5, 120, "queued"))
        finished_at = started_at + timedelta(seconds=self._integer(120, 1500, "lasted"))
        if finished_at >= self.scenario.end_at:
            return "in_progress", started_at, None
        if kind == "release":
            if self._happens(FAILED_PERMILLE, "failed"):
                return "failed", started_at, finished_at
            # Only GraphQL tells what was abandoned.
            if self.team.deploys_by == "github_graphql" and self._happens(
                CANCELLED_PERMILLE, "cancelled"
            ):
                return "cancelled", started_at, None
        return "succeeded", started_at, finished_at

    def _next_version(self) -> str:
        self.number += 1
        return f"v{self.number}"

    def _commit(self, version: str) -> str:
        if version not in self.commits:
            self.commits[version] = self.draws.hexadecimal(40, "commit", self.place, version)
        return self.commits[version]

    def _happens(self, permille: int, what: str) -> bool:
        return self.draws.happens(permille, what, self.place, len(self.deployments))

    def _integer(self, low: int, high: int, what: str) -> int:
        return self.draws.integer(low, high, what, self.place, len(self.deployments))

    def _long_tailed(self, median: int, what: str) -> int:
        return self.draws.long_tailed(median, what, self.place, len(self.deployments))


def _pull(
    truth: Truth, draws: Draws, place: int, service: Service, deployments: list[Deployment]
) -> None:
    """Fill the pull requests the deployments shipped, and some that came to nothing."""
    born_at = datetime.combine(service.first_seen_date, datetime.min.time())
    members = [person.person_id for person in truth.people if person.team_id == service.team_id]
    numbers: dict[str, int] = {}  # the last pull request of each deployment
    number = 0
    latest_merge_at = born_at
    for deployment in deployments:
        if deployment.kind == "rollback":
            continue
        count = 1 + (
            deployment.kind == "release"
            and draws.happens(350, "two pulls", deployment.deployment_id)
        )
        for turn in range(count):
            number += 1
            key = (deployment.deployment_id, turn)
            merged_at = max(
                latest_merge_at + timedelta(seconds=1),
                deployment.requested_at
                - timedelta(seconds=draws.integer(60, 7200, "merged before", *key)),
            )
            merged_at = min(merged_at, deployment.requested_at)
            latest_merge_at = merged_at
            opened_at = max(
                born_at, merged_at - timedelta(seconds=draws.long_tailed(50_000, "open for", *key))
            )
            pull = PullRequest(
                pull_request_id=_pull_request_id(truth, service, number),
                number=number,
                service_id=service.service_id,
                title=draws.choice(WORK, "work", *key).format(service.title.lower()),
                body="",
                author_id=draws.choice(members, "pull author", *key),
                branch=f"change-{number}",
                labels=(),
                opened_at=opened_at,
                closed_at=merged_at,
                merged_at=merged_at,
                merge_commit_sha=draws.hexadecimal(40, "merge", *key),
                commits=_commits(draws, key, opened_at, merged_at),
                deployment_id=deployment.deployment_id,
            )
            if turn == count - 1:
                # The newest merge is what is deployed; the one before came along with it.
                pull = replace(pull, merge_commit_sha=deployment.commit_sha)
            truth.pull_requests.append(_named_after(pull, deployment, numbers))
        numbers[deployment.deployment_id] = number
        if draws.happens(40, "abandoned pull", deployment.deployment_id):
            number += 1
            truth.pull_requests.append(_abandoned(truth, draws, service, deployment, number))


def _abandoned(
    truth: Truth, draws: Draws, service: Service, deployment: Deployment, number: int
) -> PullRequest:
    """Return a pull request that nobody merged; GitHub made its test merge all the same."""
    key = (deployment.deployment_id, "abandoned")
    opened_at = deployment.requested_at
    closed_at = opened_at + timedelta(days=9)
    is_closed = draws.happens(600, "closed", *key) and closed_at <= truth.scenario.end_at
    return PullRequest(
        pull_request_id=_pull_request_id(truth, service, number),
        number=number,
        service_id=service.service_id,
        title=f"Try another layout of {service.title.lower()}",
        body="",
        author_id=deployment.author_id,
        branch=f"try-{number}",
        labels=(),
        opened_at=opened_at,
        closed_at=closed_at if is_closed else None,
        merged_at=None,
        merge_commit_sha=draws.hexadecimal(40, "merge", *key),
        commits=_commits(draws, key, opened_at, opened_at),
        deployment_id=None,
    )


def _pull_request_id(truth: Truth, service: Service, number: int) -> int:
    """Return an id that no other pull request of any service has."""
    return 10**9 + truth.services.index(service) * 10**5 + number


def _commits(
    draws: Draws, key: tuple[str | int, ...], opened_at: datetime, merged_at: datetime
) -> tuple[tuple[str, datetime, str], ...]:
    """Return a pull request's commits: the first was written before it was opened."""
    commits = []
    authored_at = opened_at - timedelta(seconds=draws.long_tailed(6000, "written before", *key))
    for turn in range(draws.integer(1, 3, "commits", *key)):
        commits.append(
            (
                draws.hexadecimal(40, "commit of pull", *key, turn),
                min(authored_at, merged_at),
                ("First cut", "Mend the tests", "Say it more plainly")[turn],
            )
        )
        authored_at += timedelta(seconds=draws.integer(600, 20_000, "next commit", *key, turn))
    return tuple(commits)


def _named_after(pull: PullRequest, deployment: Deployment, numbers: dict[str, int]) -> PullRequest:
    """Name a repair's pull request the way repairs are named."""
    repaired = numbers.get(deployment.remediates_deployment_id or "")
    if deployment.kind == "revert" and repaired:
        return replace(
            pull,
            title=f'Revert "Change {repaired}"',
            body=f"Reverts acme/{pull.service_id}#{repaired}",
            branch=f"revert-{repaired}-change-{repaired}",
        )
    if deployment.kind in ("hotfix", "revert"):
        return replace(
            pull,
            title=f"Hotfix: {pull.title.lower()}",
            branch=f"hotfix/{pull.number}",
            labels=("hotfix",),
        )
    return pull
