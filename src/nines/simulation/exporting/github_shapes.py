"""Records of the GitHub API, with all the fields GitHub gives them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nines.simulation.draws import Draws
from nines.simulation.exporting import naming
from nines.simulation.truth import Person, PullRequest, Service, Truth, utc_text

Record = dict[str, Any]

API = "https://api.github.com"
WEB = "https://github.com"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

# What GitHub lists of a repository wherever one is mentioned: the field, the end of the address.
_REPOSITORY_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}
_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A deployment as GitHub is told of it."""

    number: int
    repository: str
    environment: str
    is_production: bool
    ref: str
    sha: str
    description: str | None
    author_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What a deployment was said to be, from an instant on."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a workflow run; a run again keeps the number and `created_at`."""

    number: int
    run_number: int
    attempt: int
    service_id: str
    workflow: str
    event: str
    branch: str
    head_sha: str
    message: str
    author_id: str
    committed_at: datetime
    created_at: datetime
    started_at: datetime
    ended_at: datetime | None
    conclusion: str


@dataclass
class Shapes:
    """Writes the records of one company; users and repositories are written once and kept."""

    truth: Truth
    draws: Draws
    _users: dict[str, Record] = field(default_factory=dict)
    _repositories: dict[str, Record] = field(default_factory=dict)
    _people: dict[str, Person] = field(default_factory=dict)
    _services: dict[str, Service] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index people and services by their ids."""
        self._people = {person.person_id: person for person in self.truth.people}
        self._services = {service.service_id: service for service in self.truth.services}

    def node_id(self, kind: str, *key: str | int) -> str:
        """Return the id GraphQL gives a record, as `PR_kwDO…`."""
        return f"{kind}_kwDO{self.draws.identifier(_LETTERS, 12, 'github node', kind, *key)}"

    def user(self, person_id: str) -> Record:
        """Return a person's account."""
        return self._account(self._people[person_id].github_login, "User")

    def author(self, person_id: str, at: datetime | None = None) -> Record:
        """Return what a commit says of who wrote it, and when."""
        person = self._people[person_id]
        named = {"name": person.name, "email": person.email}
        return named if at is None else {**named, "date": utc_text(at)}

    def _account(self, login: str, kind: str) -> Record:
        if login not in self._users:
            number = self.draws.integer(10**6, 99 * 10**6, "github account", login)
            api = f"{API}/users/{login}"
            self._users[login] = {
                "login": login,
                "id": number,
                "node_id": self.node_id("U", login),
                "avatar_url": f"https://avatars.githubusercontent.com/u/{number}?v=4",
                "gravatar_id": "",
                "url": api,
                "html_url": f"{WEB}/{login}",
                **{name: api + end for name, end in _USER_LINKS.items()},
                "type": kind,
                "site_admin": False,
            }
        return self._users[login]

    def repository(self, service_id: str) -> Record:
        """Return a service's repository, with the fields of a list of repositories."""
        if service_id not in self._repositories:
            service = self._services[service_id]
            name = naming.repository(service_id)
            created_at = f"{service.first_seen_date}T00:00:00Z"
            self._repositories[service_id] = {
                **self._mentioned_repository(service, name),
                "created_at": created_at,
                "updated_at": created_at,
                "pushed_at": created_at,
                "git_url": f"git://github.com/{name}.git",
                "ssh_url": f"git@github.com:{name}.git",
                "clone_url": f"{WEB}/{name}.git",
                "svn_url": f"{WEB}/{name}",
                "homepage": None,
                "size": 1024,
                "stargazers_count": 0,
                "watchers_count": 0,
                "language": "Go",
                "has_issues": True,
                "has_projects": False,
                "has_downloads": True,
                "has_wiki": False,
                "has_pages": False,
                "forks_count": 0,
                "mirror_url": None,
                "archived": False,
                "disabled": False,
                "open_issues_count": 0,
                "license": None,
                "allow_forking": False,
                "is_template": False,
                "topics": [service.product],
                "visibility": "private",
                "forks": 0,
                "open_issues": 0,
                "watchers": 0,
                "default_branch": "main",
            }
        return self._repositories[service_id]

    def _mentioned_repository(self, service: Service, name: str) -> Record:
        api = f"{API}/repos/{name}"
        number = self.draws.integer(10**8, 8 * 10**8, "github repository", service.service_id)
        return {
            "id": number,
            "node_id": self.node_id("R", service.service_id),
            "name": service.service_id,
            "full_name": name,
            "private": True,
            "owner": self._account(naming.ORGANISATION, "Organization"),
            "html_url": f"{WEB}/{name}",
            "description": service.description,
            "fork": False,
            "url": api,
            **{field_name: api + end for field_name, end in _REPOSITORY_LINKS.items()},
        }

    def mentioned_repository(self, service_id: str) -> Record:
        """Return a service's repository, with the fewer fields of a mention in another record."""
        repository = self.repository(service_id)
        return dict(list(repository.items())[: list(repository).index("deployments_url") + 1])

    def pull_request(self, pull: PullRequest, as_of: datetime) -> Record:
        """Return a pull request as it stood at an instant."""
        closed_at = pull.closed_at if pull.closed_at and pull.closed_at <= as_of else None
        merged_at = pull.merged_at if closed_at else None
        name = naming.repository(pull.service_id)
        api, web = f"{API}/repos/{name}", f"{WEB}/{name}/pull/{pull.number}"
        number, head_sha = pull.number, self.head_sha(pull)
        author = self.user(pull.author_id)
        is_assigned = self.draws.happens(200, "assigned", pull.pull_request_id)
        assignees = [author] if is_assigned else []
        links = {
            "self": f"{api}/pulls/{number}",
            "html": web,
            "issue": f"{api}/issues/{number}",
            "comments": f"{api}/issues/{number}/comments",
            "review_comments": f"{api}/pulls/{number}/comments",
            "review_comment": f"{api}/pulls/comments{{/number}}",
            "commits": f"{api}/pulls/{number}/commits",
            "statuses": f"{api}/statuses/{head_sha}",
        }
        return {
            "url": links["self"],
            "id": pull.pull_request_id,
            "node_id": self.node_id("PR", pull.pull_request_id),
            "html_url": web,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            "issue_url": links["issue"],
            "number": number,
            "state": "closed" if closed_at else "open",
            "locked": False,
            "title": pull.title,
            "user": author,
            "body": pull.body,
            "created_at": utc_text(pull.opened_at),
            "updated_at": utc_text(closed_at or pull.opened_at),
            "closed_at": utc_text(closed_at) if closed_at else None,
            "merged_at": utc_text(merged_at) if merged_at else None,
            "merge_commit_sha": pull.merge_commit_sha,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "requested_reviewers": [],
            "requested_teams": [],
            "labels": [self._label(api, name, label) for label in pull.labels],
            "milestone": None,
            "draft": False,
            "commits_url": links["commits"],
            "review_comments_url": links["review_comments"],
            "review_comment_url": links["review_comment"],
            "comments_url": links["comments"],
            "statuses_url": links["statuses"],
            "head": self._end(pull.service_id, pull.branch, head_sha),
            "base": self._end(pull.service_id, "main", self.base_sha(pull)),
            "_links": {kind: {"href": address} for kind, address in links.items()},
            "author_association": "MEMBER",
            "auto_merge": None,
            "active_lock_reason": None,
        }

    def _end(self, service_id: str, branch: str, sha: str) -> Record:
        """Return one end of a pull request; both are in the service's own repository."""
        repository = self.repository(service_id)
        return {
            "label": f"{naming.ORGANISATION}:{branch}",
            "ref": branch,
            "sha": sha,
            "user": repository["owner"],
            "repo": repository,
        }

    def _label(self, api: str, repository: str, name: str) -> Record:
        return {
            "id": self.draws.integer(10**8, 9 * 10**8, "github label", repository, name),
            "node_id": self.node_id("LA", repository, name),
            "url": f"{api}/labels/{name}",
            "name": name,
            "color": "d73a4a",
            "default": False,
            "description": "Repairs what users noticed",
        }

    def base_sha(self, pull: PullRequest) -> str:
        """Return the commit a pull request's branch began at."""
        return self.draws.hexadecimal(40, "base of pull", pull.pull_request_id)

    def head_sha(self, pull: PullRequest) -> str:
        """Return the newest commit of a pull request."""
        return pull.commits[-1][0] if pull.commits else self.base_sha(pull)

    def pull_request_commit(
        self, pull: PullRequest, sha: str, authored_at: datetime, message: str, parents: list[str]
    ) -> Record:
        """Return one commit of a pull request."""
        name = naming.repository(pull.service_id)
        api, web = f"{API}/repos/{name}", f"{WEB}/{name}/commit"
        tree = self.draws.hexadecimal(40, "tree", sha)
        by = self.author(pull.author_id, authored_at)
        account = self.user(pull.author_id)
        return {
            "sha": sha,
            "node_id": self.node_id("C", sha),
            "commit": {
                "author": by,
                "committer": by,
                "message": message,
                "tree": {"sha": tree, "url": f"{api}/git/trees/{tree}"},
                "url": f"{api}/git/commits/{sha}",
                "comment_count": 0,
                "verification": {
                    "verified": False,
                    "reason": "unsigned",
                    "signature": None,
                    "payload": None,
                },
            },
            "url": f"{api}/commits/{sha}",
            "html_url": f"{web}/{sha}",
            "comments_url": f"{api}/commits/{sha}/comments",
            "author": account,
            "committer": account,
            "parents": [
                {
                    "sha": parent,
                    "url": f"{api}/commits/{parent}",
                    "html_url": f"{web}/{parent}",
                }
                for parent in parents
            ],
        }

    def deployment(self, attempt: Attempt, updated_at: datetime) -> Record:
        """Return a deployment of the REST endpoint; its outcome is in its statuses."""
        api = f"{API}/repos/{attempt.repository}"
        url = f"{api}/deployments/{attempt.number}"
        return {
            "url": url,
            "id": attempt.number,
            "node_id": self.node_id("DE", attempt.number),
            "sha": attempt.sha,
            "ref": attempt.ref,
            "task": "deploy",
            "payload": {},
            "original_environment": attempt.environment,
            "environment": attempt.environment,
            "description": attempt.description,
            "creator": self.user(attempt.author_id),
            "created_at": utc_text(attempt.created_at),
            "updated_at": utc_text(updated_at),
            "statuses_url": f"{url}/statuses",
            "repository_url": api,
            "transient_environment": False,
            "production_environment": attempt.is_production,
            "performed_via_github_app": None,
        }

    def deployment_status(self, attempt: Attempt, place: int, status: Status) -> Record:
        """Return one status of a deployment of the REST endpoint."""
        api = f"{API}/repos/{attempt.repository}"
        number = attempt.number * 10 + place
        log_url = f"{WEB}/{attempt.repository}/actions/runs/{attempt.number}"
        return {
            "url": f"{api}/deployments/{attempt.number}/statuses/{number}",
            "id": number,
            "node_id": self.node_id("DES", number),
            "state": status.state,
            "creator": self.user(attempt.author_id),
            "description": "",
            "environment": attempt.environment,
            "target_url": log_url,
            "log_url": log_url,
            "environment_url": "",
            "created_at": utc_text(status.at),
            "updated_at": utc_text(status.at),
            "deployment_url": f"{api}/deployments/{attempt.number}",
            "repository_url": api,
            "performed_via_github_app": None,
        }

    def deployment_of_graphql(
        self, attempt: Attempt, statuses: list[Status], state: str, updated_at: datetime
    ) -> Record:
        """Return a deployment as GraphQL gives it, with its statuses from the newest on."""
        nodes = [
            {"state": status.state.upper(), "updatedAt": utc_text(status.at)}
            for status in reversed(statuses)
        ]
        name = attempt.repository.rpartition("/")[2]
        return {
            "Task": "deploy",
            "Id": self.node_id("DE", attempt.number),
            "CommitOid": attempt.sha,
            "Environment": attempt.environment,
            "State": state,
            "DatabaseId": attempt.number,
            "Description": attempt.description or "",
            "Payload": "",
            "Ref": {
                "ID": self.node_id("REF", attempt.repository, attempt.ref),
                "Name": attempt.ref,
                "Prefix": "refs/tags/",
            },
            "Statuses": {"nodes": nodes},
            "LatestStatus": {
                "Id": self.node_id("DES", attempt.number * 10 + len(statuses)),
                "State": nodes[0]["state"],
                "updatedAt": nodes[0]["updatedAt"],
            },
            "Repository": {
                "Id": self.node_id("R", name),
                "Name": name,
                "Url": f"{WEB}/{attempt.repository}",
            },
            "CreatedAt": utc_text(attempt.created_at),
            "UpdatedAt": utc_text(updated_at),
            "Commit": {
                "Oid": attempt.sha,
                "Message": f"Release {attempt.ref}",
                "Author": {
                    key.capitalize(): value for key, value in self.author(attempt.author_id).items()
                },
                "CommittedDate": utc_text(attempt.created_at),
            },
        }

    def workflow_run(self, run: Run, as_of: datetime) -> Record:
        """Return one attempt of a workflow run as it stood at an instant."""
        is_over = run.ended_at is not None and run.ended_at <= as_of
        name = naming.repository(run.service_id)
        api, url = f"{API}/repos/{name}", f"{API}/repos/{name}/actions/runs/{run.number}"
        key = (run.service_id, run.workflow)
        workflow_id = self.draws.integer(10**6, 9 * 10**6, "github workflow", *key)
        suite_id = run.number * 3
        tree_id = self.draws.hexadecimal(40, "tree", run.head_sha)
        by = self.author(run.author_id)
        repository = self.mentioned_repository(run.service_id)
        actor = self.user(run.author_id)
        previous = f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None
        return {
            "id": run.number,
            "name": run.workflow,
            "node_id": self.node_id("WFR", run.number),
            "head_branch": run.branch,
            "head_sha": run.head_sha,
            "path": f".github/workflows/{run.workflow.lower()}.yml",
            "run_number": run.run_number,
            "event": run.event,
            "status": "completed" if is_over else "in_progress",
            "conclusion": run.conclusion if is_over else None,
            "workflow_id": workflow_id,
            "check_suite_id": suite_id,
            "check_suite_node_id": self.node_id("CS", suite_id),
            "url": url,
            "html_url": f"{WEB}/{name}/actions/runs/{run.number}",
            "pull_requests": [],
            "created_at": utc_text(run.created_at),
            "updated_at": utc_text(run.ended_at if is_over and run.ended_at else run.started_at),
            "actor": actor,
            "run_attempt": run.attempt,
            "referenced_workflows": [],
            "run_started_at": utc_text(run.started_at),
            "triggering_actor": actor,
            "jobs_url": f"{url}/jobs",
            "logs_url": f"{url}/logs",
            "check_suite_url": f"{api}/check-suites/{suite_id}",
            "artifacts_url": f"{url}/artifacts",
            "cancel_url": f"{url}/cancel",
            "rerun_url": f"{url}/rerun",
            "previous_attempt_url": previous,
            "workflow_url": f"{api}/actions/workflows/{workflow_id}",
            "head_commit": {
                "id": run.head_sha,
                "tree_id": tree_id,
                "message": run.message,
                "timestamp": utc_text(run.committed_at),
                "author": by,
                "committer": by,
            },
            "repository": repository,
            "head_repository": repository,
        }
