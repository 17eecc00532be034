"""Deployments, catalogues, people and SLOs: in their vendors' forms, true, and dirty as stated."""

import csv
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from record_forms import forms
from small_company import lived

from nines.landing import LandingResult, land
from nines.simulation.exporting import (
    backstage,
    catalogue,
    github,
    gitops,
    naming,
    openslo,
    people,
)
from nines.simulation.truth import Deployment, Dirt, Truth
from support import Company, environment

MODULES = {
    "backstage": backstage,
    "catalogue": catalogue,
    "github": github,
    "gitops": gitops,
    "openslo": openslo,
    "people": people,
}
# Three teams, one for each way of deploying.
SERVICES, DAYS = 12, 110

# What a vendor documents and none of its few stored records shows.
DEPLOYMENT_FIELDS = {"transient_environment", "production_environment", "performed_via_github_app"}
STATUS_FIELDS = {"log_url", "environment_url", "performed_via_github_app"}
REPAIRING = re.compile(r"^(revert|roll ?back)([^a-z]|$)|/revert-[0-9]+-|(^|[/ ])hotfix([/:-]|$)")


@dataclass(frozen=True)
class Export:
    """The exported files of one company, and the warehouse they landed in."""

    truth: Truth
    dirt: list[Dirt]
    folder: Path
    landed: LandingResult
    warehouse: Path

    def lines(self, table: str) -> list[dict[str, Any]]:
        """Return GitHub's records of a table, in the order in which their files land."""
        files = sorted((self.folder / "github").glob(f"**/{table}.jsonl"))
        return [json.loads(line) for file in files for line in file.open(encoding="utf-8")]

    def image_changes(self) -> list[dict[str, str]]:
        """Return the rows of the GitOps log, in the order in which their files land."""
        rows: list[dict[str, str]] = []
        for path in sorted((self.folder / "gitops").glob("**/*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                rows += csv.DictReader(file)
        return rows

    def entities(self) -> list[dict[str, Any]]:
        """Return the entities of the newest Backstage issue."""
        newest = max((self.folder / "backstage").iterdir())
        files = sorted(newest.glob("*.yaml"))
        return [entity for file in files for entity in yaml.safe_load_all(file.read_text())]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()


def write(folder: Path, **arguments: int | bool) -> tuple[Truth, list[Dirt]]:
    """Write a company's exports of these systems; return its truth and dirt."""
    truth, draws = lived(**arguments)
    dirt = []
    for system, module in MODULES.items():
        dirt += module.export(truth, draws, folder / system)
    return truth, dirt


def exported(folder: Path, **arguments: int | bool) -> Export:
    """Write and land a company."""
    company = Company(folder)
    truth, dirt = write(folder / "exports", **arguments)
    with environment(**company.variables):
        landed = land(folder / "exports", strict=True)
    return Export(truth, dirt, folder / "exports", landed, company.warehouse)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return exported(tmp_path_factory.mktemp("clean"), services=SERVICES, days=DAYS)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return exported(tmp_path_factory.mktemp("dirty"), services=SERVICES, days=DAYS, is_dirty=True)


def moment(text: str) -> datetime:
    """Read an instant with a Z or an offset."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def newest(records: Iterable[Mapping[str, Any]], key: str, version: str) -> dict[Any, Any]:
    """Return the newest state of each record."""
    states: dict[Any, Any] = {}
    for record in sorted(records, key=lambda record: record[version]):
        states[record[key]] = record
    return states


# --- The vendors' forms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "optional"),
    [
        # The stored repositories are public, with a licence and a home page; ours are private.
        ("pull_requests", r"(head|base)\.repo\.(license|homepage)"),
        ("pull_request_commits", "$"),
        ("workflow_runs", "$"),
        # No stored deployment has a description.
        ("deployments_graphql", "Description"),
    ],
)
def test_records_have_the_fields_and_forms_of_githubs_own(
    clean: Export, real_exports: Path, table: str, optional: str
) -> None:
    with (real_exports / "github" / f"{table}.jsonl").open(encoding="utf-8") as file:
        theirs = forms(json.loads(line) for line in file)
    ours = forms(clean.lines(table))
    assert ours
    assert {path for path in ours.keys() ^ theirs.keys() if not re.match(optional, path)} == set()
    invented = {path: found - theirs.get(path, set()) for path, found in ours.items()}
    assert {
        path: found for path, found in invented.items() if found and not re.match(optional, path)
    } == {}


@pytest.mark.parametrize(
    ("table", "payload", "documented"),
    [
        ("deployments", "deployment", DEPLOYMENT_FIELDS),
        ("deployment_statuses", "deployment_status", STATUS_FIELDS),
    ],
)
def test_rest_deployments_have_the_fields_and_forms_of_githubs_webhooks(
    clean: Export, real_exports: Path, table: str, payload: str, documented: set[str]
) -> None:
    documents = [
        json.loads(path.read_text())
        for path in (real_exports / "github_webhooks").glob("deployment*.payload.json")
    ]
    theirs = forms(document[payload] for document in documents if payload in document)
    ours = forms(clean.lines(table))
    assert theirs.keys() <= ours.keys()
    assert ours.keys() - theirs.keys() <= documented
    # Free text was empty in the few records that are stored.
    free = {"description", "ref", "target_url"}
    assert {
        path: found - theirs[path]
        for path, found in ours.items()
        if path in theirs and path not in free and found - theirs[path]
    } == {}


def test_a_deployment_has_the_fields_github_documents(clean: Export) -> None:
    for record in clean.lines("deployments"):
        assert record.keys() >= DEPLOYMENT_FIELDS
        assert record["statuses_url"] == f"{record['url']}/statuses"
        assert record["production_environment"] == record["environment"].startswith("prod")


def test_image_changes_have_the_columns_and_forms_of_a_real_log(
    clean: Export, real_exports: Path
) -> None:
    with gzip.open(real_exports / "gitops" / "image_changes.csv.gz", "rt") as file:
        theirs = forms(islice(csv.DictReader(file), 0, None, 25))
    # One real change in 93,773 came from no branch.
    theirs["branch_commit_at"].add("empty")
    ours = forms(clean.image_changes())
    assert list(ours) == list(theirs)
    for column, found in ours.items():
        assert found <= theirs[column], column


def test_image_changes_carry_the_offsets_of_the_team_and_of_the_machine(clean: Export) -> None:
    """London changes its clocks in this history; a machine writes UTC."""
    rows = clean.image_changes()
    assert {row["merged_at"][-6:] for row in rows} == {"+01:00", "+00:00"}
    assert {row["branch_commit_at"][-6:] for row in rows} - {""} == {"+00:00"}
    assert {row["environment"] for row in rows} >= {"integration", "staging", "production"}
    assert {row["change"] for row in rows} >= {"created", "modified"}


def test_slo_definitions_have_only_openslos_own_fields(clean: Export) -> None:
    documents = list(definitions(clean))
    assert {document["kind"] for document in documents} == {"Service", "SLO", "AlertPolicy"}
    for document in documents:
        assert document.keys() == {"apiVersion", "kind", "metadata", "spec"}
        assert document["apiVersion"] == "openslo/v1"
    fields = forms(document["spec"] for document in documents if document["kind"] == "SLO")
    metric = "indicator.spec.ratioMetric"
    source = ("metricSource", "metricSource.type", "metricSource.spec", "metricSource.spec.query")
    assert set(fields) == {
        "description",
        "service",
        "indicator",
        "indicator.metadata",
        "indicator.metadata.name",
        "indicator.spec",
        metric,
        f"{metric}.counter",
        *(f"{metric}.{part}" for part in ("good", "total")),
        *(f"{metric}.{part}.{name}" for part in ("good", "total") for name in source),
        "timeWindow",
        "timeWindow[]",
        "timeWindow[].duration",
        "timeWindow[].isRolling",
        "timeWindow[].calendar",
        "timeWindow[].calendar.startTime",
        "timeWindow[].calendar.timeZone",
        "budgetingMethod",
        "objectives",
        "objectives[]",
        "objectives[].displayName",
        "objectives[].target",
        "objectives[].targetPercent",
        "objectives[].timeSliceTarget",
        "objectives[].timeSliceWindow",
    }


def definitions(export: Export) -> Iterator[dict[str, Any]]:
    """Yield every OpenSLO document, in the order of the files."""
    for file in sorted((export.folder / "openslo").glob("**/*.yaml")):
        yield from yaml.safe_load_all(file.read_text())


# --- The exports are true ----------------------------------------------------------------------


def test_githubs_deployments_tell_what_happened(clean: Export) -> None:
    """Read as the definitions say: the last status that is not `inactive` decides."""
    told: dict[tuple[str, datetime], tuple[Any, ...]] = {}
    statuses: dict[str, list[dict[str, Any]]] = {}
    for status in clean.lines("deployment_statuses"):
        statuses.setdefault(status["deployment_url"], []).append(status)
    for record in newest(clean.lines("deployments"), "id", "updated_at").values():
        if record["production_environment"]:
            given = [(entry["created_at"], entry["state"]) for entry in statuses[record["url"]]]
            service_id = record["repository_url"].rpartition("/")[2]
            told |= reading(service_id, record["created_at"], record["ref"], given, state=None)
    for record in newest(clean.lines("deployments_graphql"), "DatabaseId", "UpdatedAt").values():
        if record["Environment"].startswith("prod"):
            given = [
                (entry["updatedAt"], entry["state"].lower())
                for entry in record["Statuses"]["nodes"]
            ]
            told |= reading(
                record["Repository"]["Name"],
                record["CreatedAt"],
                record["Ref"]["Name"],
                given,
                state=record["State"],
            )
    happened = {
        (entry.service_id, entry.requested_at): (
            {"rolled_back": "succeeded"}.get(entry.outcome, entry.outcome),
            entry.version,
            entry.started_at,
            entry.finished_at,
        )
        for entry in deployed_by(clean.truth, "github", "github_graphql")
    }
    assert {outcome for outcome, *_ in happened.values()} >= {"succeeded", "failed"}
    assert told == happened


def reading(
    service_id: str,
    created_at: str,
    version: str,
    given: list[tuple[str, str]],
    state: str | None,
) -> dict[tuple[str, datetime], tuple[Any, ...]]:
    """Return one deployment as its statuses tell it: outcome, version, start and end."""
    last_at, last = max(status for status in given if status[1] != "inactive")
    outcome = {"success": "succeeded", "failure": "failed", "error": "failed"}.get(last)
    started_at = min(at for at, status in given if status == "in_progress")
    return {
        (service_id, moment(created_at)): (
            outcome or ("cancelled" if state == "ABANDONED" else "in_progress"),
            version,
            moment(started_at),
            moment(last_at) if outcome else None,
        )
    }


def deployed_by(truth: Truth, *ways: str) -> list[Deployment]:
    """Return the deployments of the teams that deploy in one of these ways."""
    teams = {team.team_id for team in truth.teams if team.deploys_by in ways}
    services = {entry.service_id for entry in truth.services if entry.team_id in teams}
    return [entry for entry in truth.deployments if entry.service_id in services]


def test_a_deployment_goes_inactive_when_the_next_one_succeeds(clean: Export) -> None:
    ends = {}
    for status in clean.lines("deployment_statuses"):
        if status["environment"].startswith("prod"):
            at = moment(status["created_at"])
            ends.setdefault(status["deployment_url"], {})[status["state"]] = at
    successes = {given["success"] for given in ends.values() if "success" in given}
    replaced = [given for given in ends.values() if "inactive" in given]
    assert replaced
    assert all("success" in given for given in replaced)
    assert all(given["inactive"] in successes for given in replaced)


def test_image_changes_tell_what_was_released_and_nothing_else(clean: Export) -> None:
    told = {
        (row["application"], moment(row["merged_at"])): (
            row["new_image_tag"],
            row["old_image_tag"],
        )
        for row in clean.image_changes()
        if row["environment"] == "production"
        and row["change"] == "modified"
        and row["old_image_tag"] != row["new_image_tag"]
    }
    assert told == {
        (entry.service_id, entry.finished_at): (entry.version, entry.previous_version)
        for entry in deployed_by(clean.truth, "gitops")
    }


def test_repairs_and_only_repairs_are_named_so(dirty: Export) -> None:
    """A repair by its commit's first line, or by its pull request's title, body, branch, label."""
    kinds = {entry.version + entry.service_id: entry.kind for entry in dirty.truth.deployments}
    named = Counter[str]()
    for row in dirty.image_changes():
        if row["change"].lower() == "modified" and row["old_image_tag"] != row["new_image_tag"]:
            kind = kinds.get(row["new_image_tag"] + row["application"], "release")
            if kind != "rollback":
                is_named = bool(REPAIRING.search(row["subject"].lower()))
                went_forward = int(row["new_image_tag"][1:]) > int(row["old_image_tag"][1:])
                assert is_named == (kind != "release") or not went_forward, row
                named[kind] += is_named
    repairs = {e.deployment_id: e.kind for e in dirty.truth.deployments if e.kind != "release"}
    titles = {record["id"]: record for record in dirty.lines("pull_requests")}
    for pull in dirty.truth.pull_requests:
        record = titles[pull.pull_request_id]
        is_named = bool(
            REPAIRING.search(record["title"].lower())
            or record["head"]["ref"].startswith(("hotfix/", "revert-"))
            or re.match(r"Reverts \S+#\d+", record["body"])
            or any(label["name"] == "hotfix" for label in record["labels"])
        )
        assert is_named == (pull.deployment_id in repairs), record["title"]
        named["pull request"] += is_named
    assert named["hotfix"] and named["pull request"]


def test_commits_of_a_pull_request_follow_one_another(clean: Export) -> None:
    parents = {
        record["sha"]: [parent["sha"] for parent in record["parents"]]
        for record in clean.lines("pull_request_commits")
    }
    assert {len(found) for found in parents.values()} == {1, 2}
    bases = {record["number"]: record for record in clean.lines("pull_requests")}
    assert bases
    for record in clean.lines("pull_requests"):
        sha, seen = record["head"]["sha"], 0
        while sha in parents:
            sha, seen = parents[sha][0], seen + 1
        assert sha == record["base"]["sha"]
        assert seen >= 1


def test_a_run_again_keeps_its_number_and_its_beginning(clean: Export) -> None:
    attempts: dict[int, dict[int, dict[str, Any]]] = {}
    for record in clean.lines("workflow_runs"):
        attempts.setdefault(record["id"], {})[record["run_attempt"]] = record
    again = [found for found in attempts.values() if len(found) > 1]
    assert again
    for found in again:
        assert found[1]["created_at"] == found[2]["created_at"]
        assert found[1]["updated_at"] < found[2]["run_started_at"]
        assert found[2]["previous_attempt_url"].endswith("/attempts/1")


@pytest.mark.parametrize("company", ["clean", "dirty"])
def test_no_record_is_older_than_its_service_or_younger_than_the_history(
    company: str, request: pytest.FixtureRequest
) -> None:
    export: Export = request.getfixturevalue(company)
    born = {
        name: entry.first_seen_date
        for entry in export.truth.services
        for name in (entry.service_id, naming.repository(entry.service_id))
    }
    events = export.query(
        """
        select regexp_extract(repository_url, 'repos/([^/]+/[^/]+)', 1), created_at
        from raw.github_deployments
        union all
        select base_repository, unnest([created_at, merged_at]) from raw.github_pull_requests
        union all
        select repository, unnest([created_at, updated_at]) from raw.github_workflow_runs
        union all
        select regexp_extract(repository_url, 'com/(.*)', 1), unnest([created_at, latest_status_at])
        from raw.github_deployments_graphql
        union all
        select application, merged_at from raw.gitops_image_changes
        union all
        select regexp_extract(deployment_url, 'repos/([^/]+/[^/]+)', 1), created_at
        from raw.github_deployment_statuses
        """
    )
    assert len(events) > 1000
    recorded = {piece.recorded_service for piece in export.dirt}
    for name, happened_at in events:
        if happened_at is not None and name not in recorded:
            assert born[name] <= happened_at.date(), (name, happened_at)
            assert happened_at <= export.truth.scenario.end_at, (name, happened_at)


# --- Catalogues, people and SLOs ---------------------------------------------------------------


def test_every_catalogued_service_is_described_once_and_fully(clean: Export) -> None:
    described = {
        entity["metadata"]["name"]
        for entity in clean.entities()
        if entity["kind"] == "Component" and entity["spec"]["type"] != "library"
    }
    (listed,) = (clean.folder / "catalogue").glob("*.csv")
    with listed.open(encoding="utf-8", newline="") as file:
        rows = {row["service_id"]: row for row in csv.DictReader(file)}
    services = {entry.service_id: entry for entry in clean.truth.services}
    assert described == {name for name, e in services.items() if e.catalogued_in == "backstage"}
    assert rows.keys() == {name for name, e in services.items() if e.catalogued_in == "catalogue"}
    for service_id, row in rows.items():
        service = services[service_id]
        assert (row["tier"], row["team"], row["product"], row["regions"].split(",")) == (
            str(service.tier),
            service.team_id,
            service.product,
            list(service.regions),
        )


def test_owners_tiers_and_flags_are_written_in_several_ways(clean: Export) -> None:
    components = [entity for entity in clean.entities() if entity["kind"] == "Component"]
    annotations = [entity["metadata"].get("annotations", {}) for entity in components]
    assert len({re.sub(r"[a-z-]+$", "", entity["spec"]["owner"]) for entity in components}) > 1
    assert len({type(notes["nines/tier"]) for notes in annotations if notes}) == 2
    assert {notes["nines/customer-facing"] for notes in annotations if notes} > {"true", "false"}
    kinds = {entity["kind"] for entity in clean.entities()}
    assert kinds >= {"Component", "Group", "System", "User", "API"}


def test_an_older_catalogue_says_what_is_gone(dirty: Export) -> None:
    folders = sorted((dirty.folder / "backstage").iterdir())
    older, newer = (
        {
            entity["metadata"].get("name")
            for file in folder.glob("*.yaml")
            for entity in yaml.safe_load_all(file.read_text())
        }
        for folder in folders
    )
    assert "retired-exporter" in older - newer
    older_list, newer_list = sorted((dirty.folder / "catalogue").iterdir())
    assert "retired-importer" in older_list.read_text()
    assert "retired-importer" not in newer_list.read_text()


def test_nobody_lands_but_as_a_pseudonym(dirty: Export) -> None:
    rows = dirty.query(
        "select email, name, pagerduty_id, github_login, team from raw.people_people"
    )
    assert len(rows) > len(dirty.truth.people)
    clear = {text for person in dirty.truth.people for text in (person.email, person.github_login)}
    assert not clear & {text for row in rows for text in row}


def test_slos_say_their_targets_and_days(clean: Export) -> None:
    landed = clean.query(
        """
        select
            name, service, effective_date, budgeting_method,
            coalesce(try_cast(target as double), try_cast(target_percent as double) / 100),
            json_extract_string(labels, '$.is_traffic')
        from raw.openslo_objectives
        """
    )
    assert Counter((*row[:4], round(row[4] * 10**6), row[5]) for row in landed) == Counter(
        (
            slo.slo_id,
            slo.service_id,
            slo.valid_from,
            slo.method,
            slo.target_ppm,
            str(slo.is_traffic).lower(),
        )
        for slo in clean.truth.slos
    )


# --- Dirt --------------------------------------------------------------------------------------


def test_the_clean_company_lands_without_a_fault(clean: Export) -> None:
    assert clean.landed.exit_status == 0
    assert clean.dirt == []
    assert clean.landed.rejected_count == 0
    assert not any(outcome.notices for outcome in clean.landed.files)


def test_rejected_are_exactly_the_rows_the_dirt_says(dirty: Export) -> None:
    assert dirty.landed.exit_status == 0
    rejected = dirty.query("select source_file from raw._rejected_rows")
    stated = [piece for piece in dirty.dirt if piece.kind == "rejected_row"]
    assert len(stated) == 21
    assert Counter(file for (file,) in rejected) == Counter(
        f"{piece.system}/{piece.detail}" for piece in stated
    )


def test_each_kind_of_dirt_is_there_as_often_as_its_module_says(dirty: Export) -> None:
    found = Counter((piece.system, piece.kind) for piece in dirty.dirt)
    tables = len(github.FAULTS)
    titles = ("markup_title", "formula_title", "right_to_left_title")
    stated = {
        ("github", "repeated_record"): tables * github.REDELIVERED.repeated,
        ("github", "reexported_record"): tables * github.REDELIVERED.reexported,
        ("github", "late_record"): tables * github.REDELIVERED.late,
        ("github", "file_out_of_order"): tables,
        ("github", "offset_time"): tables * github.OFFSET_TIMES,
        ("github", "capital_word"): 2 * github.CAPITAL_WORDS,
        ("github", "unknown_service"): github.UNKNOWN_SERVICES,
        ("github", "rejected_row"): sum(len(faults) for faults in github.FAULTS.values()),
        **{("github", kind): github.TITLES_OF_EACH_KIND for kind in titles},
        ("gitops", "repeated_record"): gitops.REDELIVERED.repeated,
        ("gitops", "reexported_record"): gitops.REDELIVERED.reexported,
        ("gitops", "late_record"): gitops.REDELIVERED.late,
        ("gitops", "file_out_of_order"): 1,
        ("gitops", "offset_time"): gitops.OFFSET_TIMES,
        ("gitops", "capital_word"): gitops.CAPITAL_WORDS,
        ("gitops", "unknown_service"): gitops.UNKNOWN_SERVICES,
        ("gitops", "rejected_row"): len(gitops.FAULTS),
        **{("gitops", kind): gitops.TITLES_OF_EACH_KIND for kind in titles},
        ("backstage", "older_issue"): backstage.OLDER_ISSUES,
        ("backstage", "repeated_record"): backstage.REPEATED_RECORDS,
        ("backstage", "rejected_row"): backstage.REJECTED_ROWS,
        **{("backstage", kind): backstage.DESCRIPTIONS_OF_EACH_KIND for kind in titles},
        ("backstage", "localised_name"): backstage.LOCALISED_NAMES,
        ("catalogue", "older_issue"): catalogue.OLDER_ISSUES,
        ("catalogue", "overruled_row"): catalogue.OVERRULED_ROWS,
        ("catalogue", "repeated_record"): catalogue.REPEATED_RECORDS,
        ("catalogue", "rejected_row"): catalogue.REJECTED_ROWS,
        ("openslo", "reexported_record"): openslo.REEXPORTED_RECORDS,
        ("openslo", "file_out_of_order"): openslo.FILES_OUT_OF_ORDER,
        ("openslo", "markup_title"): openslo.MARKUP_DESCRIPTIONS,
        ("openslo", "rejected_row"): openslo.REJECTED_ROWS,
        ("people", "older_issue"): people.OLDER_ISSUES,
        ("people", "repeated_record"): people.REPEATED_RECORDS,
        ("people", "rejected_row"): people.REJECTED_ROWS,
    }
    assert found == stated


@pytest.mark.parametrize(
    "query",
    [
        ("github_deployments", "id", "updated_at", "sha, ref, environment, created_at"),
        ("github_deployment_statuses", "id", "updated_at", "lower(state), created_at"),
        (
            "github_deployments_graphql",
            "database_id",
            "updated_at",
            "commit_oid, ref_name, environment, state, latest_status_at, created_at",
        ),
        (
            "github_deployments_graphql_statuses",
            "deployment_database_id, state, updated_at",
            "updated_at",
            "1",
        ),
        (
            "github_pull_requests",
            "id",
            "updated_at",
            "number, state, body, head_ref, base_repository, merge_commit_sha, merged_at",
        ),
        ("github_pull_request_commits", "url", "_landing_id", "sha, authored_at, parents"),
        (
            "github_workflow_runs",
            "id, run_attempt",
            "updated_at",
            "coalesce(conclusion, lower(status)), repository, created_at, run_started_at",
        ),
        (
            "gitops_image_changes",
            "commit_sha, environment, application",
            "_landing_id",
            "merged_at, branch_commit_at, lower(change), old_image_tag, new_image_tag, actor",
        ),
    ],
)
def test_dirt_leaves_the_newest_state_of_every_record_alone(
    clean: Export, dirty: Export, query: tuple[str, str, str, str]
) -> None:
    """Misplaced deployments apart: they have another application's name in a GitOps log."""
    table, key, version, columns = query
    states = []
    for export in (clean, dirty):
        rows = export.query(
            f"""
            select {key}, {version if version != "_landing_id" else "1"}, {columns}
            from raw.{table}
            qualify row_number() over (
                partition by {key}
                order by {version} desc, _landing_id desc, _source_row desc
            ) = 1
            """
        )
        assert len(rows) > 20
        states.append({tuple(str(value).removesuffix("-canary") for value in row) for row in rows})
    assert states[0] == states[1]


def test_a_misplaced_deployment_is_its_services_last_and_recorded_nowhere_else(
    dirty: Export,
) -> None:
    misplaced = [piece for piece in dirty.dirt if piece.kind == "unknown_service"]
    assert {piece.system for piece in misplaced} == {"github", "gitops"}
    known = {entry.service_id for entry in dirty.truth.services}
    latest = {entry.service_id: entry for entry in dirty.truth.deployments}
    for piece in misplaced:
        (deployment,) = (
            entry for entry in dirty.truth.deployments if entry.deployment_id == piece.deployment_id
        )
        assert (deployment.kind, deployment.outcome) == ("release", "succeeded")
        assert latest[deployment.service_id] == deployment
        name = str(piece.recorded_service)
        assert name.removeprefix("acme/") not in known
        if piece.system == "gitops":
            rows = [
                row
                for row in dirty.image_changes()
                if row["environment"] == "production" and row["new_image_tag"] == deployment.version
            ]
            places = {
                row["application"]
                for row in rows
                if row["application"].startswith(deployment.service_id)
            }
        else:
            places = {
                found
                for table, sha, address in (
                    ("deployments", "sha", "repository_url"),
                    ("deployments_graphql", "CommitOid", "Repository"),
                )
                for record in dirty.lines(table)
                if record.get(sha) == deployment.commit_sha
                and str(record.get("environment", record.get("Environment"))).startswith("prod")
                for found in [re.sub(r".*/(acme/.*)", r"\1", repository_of(record[address]))]
            }
        assert places == {name}


def repository_of(value: str | Mapping[str, str]) -> str:
    """Return the address of a repository in either form."""
    return value if isinstance(value, str) else value["Url"]


# --- Any company, any machine ------------------------------------------------------------------


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_company_has_the_same_bytes(dirty: Export, tmp_path: Path) -> None:
    write(tmp_path / "again", services=SERVICES, days=DAYS, is_dirty=True)
    write(tmp_path / "other", services=SERVICES, days=DAYS, is_dirty=True, seed=8)
    assert digests(tmp_path / "again") == digests(dirty.folder)
    other = digests(tmp_path / "other")
    for name, digest in digests(dirty.folder).items():
        if name.startswith(("github/", "gitops/", "people/people")):
            assert other.get(name) != digest, name


def test_the_smallest_company_lands_too(tmp_path: Path) -> None:
    export = exported(tmp_path, services=1, days=1, is_dirty=True)
    assert export.landed.exit_status == 0
    stated = [piece for piece in export.dirt if piece.kind == "rejected_row"]
    assert export.landed.rejected_count == len(stated) > 0
