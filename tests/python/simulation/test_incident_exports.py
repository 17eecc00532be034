"""Incidents, pages, shifts and status pages are exported as their vendors do, and land as said."""

import csv
import dataclasses
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from small_company import lived

from nines.landing import land
from nines.simulation.exporting import (
    google_cloud_status,
    pagerduty,
    servicenow,
    servicenow_tables,
    statuspage,
    vendor_statuspage,
)
from nines.simulation.exporting.incident_names import pagerduty_incident
from nines.simulation.exporting.misrecorded import Misrecorded, misrecorded
from nines.simulation.truth import Dirt, Truth
from support import Company, environment

EXPORTERS = (
    google_cloud_status,
    pagerduty,
    servicenow,
    servicenow_tables,
    statuspage,
    vendor_statuspage,
)
SERVICES, DAYS = 20, 120
MEANINGFUL = ("never_closed", "impossible_duration", "unknown_service")

# The fields vendors document, where the real records at hand are fewer or older.
PAGERDUTY_INCIDENT = [
    "id",
    "incident_number",
    "title",
    "summary",
    "type",
    "status",
    "urgency",
    "priority",
    "incident_key",
    "created_at",
    "updated_at",
    "last_status_change_at",
    "resolved_at",
    "service",
    "escalation_policy",
    "teams",
    "assignments",
    "acknowledgements",
    "assigned_via",
    "last_status_change_by",
    "first_trigger_log_entry",
    "alert_counts",
    "pending_actions",
    "is_mergeable",
    "incident_type",
    "alert_grouping",
    "resolve_reason",
    "conference_bridge",
    "responder_requests",
    "incidents_responders",
]
PAGERDUTY_LOG_ENTRY = [
    "id",
    "type",
    "created_at",
    "agent",
    "channel",
    "incident",
    "service",
    "teams",
    "contexts",
]
PAGERDUTY_ONCALL = ["escalation_policy", "escalation_level", "schedule", "user", "start", "end"]
STATUSPAGE_INCIDENT = [
    "id",
    "name",
    "status",
    "impact",
    "created_at",
    "updated_at",
    "started_at",
    "monitoring_at",
    "resolved_at",
    "shortlink",
    "page_id",
    "components",
    "incident_updates",
]
STATUSPAGE_MANAGED = [
    "impact_override",
    "scheduled_for",
    "scheduled_until",
    "postmortem_body",
    "postmortem_published_at",
    "postmortem_ignored",
    "backfilled",
    "metadata",
    "reminder_intervals",
]
STATUSPAGE_UPDATE = [
    "id",
    "status",
    "body",
    "created_at",
    "updated_at",
    "display_at",
    "affected_components",
    "deliver_notifications",
    "custom_tweet",
    "tweet_id",
    "incident_id",
]
GOOGLE_INCIDENT = [
    "id",
    "number",
    "begin",
    "created",
    "end",
    "modified",
    "external_desc",
    "updates",
    "most_recent_update",
    "status_impact",
    "severity",
    "service_key",
    "service_name",
    "affected_products",
    "uri",
    "currently_affected_locations",
    "previously_affected_locations",
]

PROGRAM = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], str(Path(sys.argv[1]).parent)]
from test_incident_exports import exported
exported(Path(sys.argv[2]), is_dirty=True)
"""


class Exported:
    """What the six systems of one company exported, and from what truth."""

    def __init__(self, folder: Path, truth: Truth, draws: Any, dirt: list[Dirt]) -> None:
        self.folder, self.truth, self.draws, self.dirt = folder, truth, draws, dirt

    def records(self, system: str, name: str) -> list[dict[str, Any]]:
        """All records of a kind, in the order in which their files land."""
        found: list[dict[str, Any]] = []
        for path in sorted((self.folder / system).rglob(f"{name}_*.json*")):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".jsonl":
                found += [json.loads(line) for line in text.splitlines()]
            else:
                found += json.loads(text)[name]
        return found

    def rows(self, system: str, pattern: str) -> list[dict[str, str]]:
        """All rows of the files that match, with the header's names."""
        found: list[dict[str, str]] = []
        for path in sorted((self.folder / system).glob(pattern)):
            with path.open(encoding="utf-8", newline="") as file:
                found += csv.DictReader(file)
        return found

    def kinds(self) -> Counter[str]:
        return Counter(piece.kind for piece in self.dirt)


def exported(folder: Path, *, is_dirty: bool) -> Exported:
    truth, draws = lived(services=SERVICES, days=DAYS, is_dirty=is_dirty)
    dirt = [
        piece
        for exporter in EXPORTERS
        for piece in exporter.export(truth, draws, folder / exporter.SYSTEM)
    ]
    return Exported(folder, truth, draws, dirt)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("clean") / "exports", is_dirty=False)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("dirty") / "exports", is_dirty=True)


# --- Shapes ------------------------------------------------------------------------------------


def form(value: Any) -> Any:
    """What kind of value it is, down to how text is written: instants, ids, words."""
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    if not isinstance(value, str):
        return type(value).__name__
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
        return "instant with Z"
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", value):
        return "instant with an offset"
    if re.fullmatch(r"[A-Z0-9]{7,26}", value):
        return f"capital id of {len(value)}, {value[0]}"
    if re.fullmatch(r"[0-9a-f]{32}", value):
        return "hexadecimal of 32"
    if re.fullmatch(r"\d+", value):
        return "digits"
    if value.startswith("https://"):
        return re.sub(r"[A-Z0-9]{7,26}", "ID", re.sub(r"//[a-z-]+\.", "//", value))
    return "text"


def compare_forms(real: Iterable[dict], made: Iterable[dict], *, at: str = "") -> None:
    """Hold each field of the made records against the same field of the real ones, nested too."""
    real, made = list(real), list(made)
    fields = {name for record in real for name in record}
    assert fields <= {name for record in made for name in record}, at
    for name in sorted(fields):
        here = f"{at}.{name}"
        seen = [record[name] for record in real if name in record]
        ours = [record[name] for record in made if name in record]
        forms = {form(value) for value in seen}
        assert {form(value) for value in ours} & forms, (here, forms)
        compare_nested(seen, ours, here)


def compare_nested(seen: list, ours: list, here: str) -> None:
    inner = [value for value in seen if isinstance(value, dict) and value]
    if inner:
        compare_forms(inner, [value for value in ours if isinstance(value, dict)], at=here)
    elements = [
        element for value in seen if isinstance(value, list) for element in value if element
    ]
    if elements and isinstance(elements[0], dict):
        others = [element for value in ours if isinstance(value, list) for element in value]
        compare_forms(elements, others, at=f"{here}[]")


@pytest.mark.real
def test_pagerduty_incidents_have_the_fields_and_forms_of_real_ones(
    real_exports: Path, clean: Exported, dirty: Exported
) -> None:
    text = (real_exports / "pagerduty" / "incidents.jsonl").read_text(encoding="utf-8")
    real = [json.loads(line) for line in text.splitlines()]
    # Only a dirty company exports incidents while they are open.
    made = clean.records("pagerduty", "incidents") + dirty.records("pagerduty", "incidents")
    nested = [record for record in made if "log_entries" in record]
    compare_forms(real, nested)
    for kind in ("trigger", "notify", "escalate", "acknowledge", "resolve"):
        compare_forms(entries_of(real, kind), entries_of(nested, kind), at=kind)


def entries_of(incidents: Iterable[dict], kind: str) -> list[dict]:
    entries = (entry for incident in incidents for entry in incident["log_entries"])
    return [entry for entry in entries if entry["type"] == f"{kind}_log_entry"]


@pytest.mark.real
def test_googles_incidents_have_the_fields_and_forms_of_real_ones(
    real_exports: Path, clean: Exported
) -> None:
    path = real_exports / "google_cloud_status" / "incidents.json"
    real = json.loads(path.read_text(encoding="utf-8"))
    made = json.loads((clean.folder / "google_cloud_status" / "incidents.json").read_text())
    assert made
    assert {tuple(record) for record in made} == {tuple(record) for record in real}
    compare_forms(real, made)
    pairs = {(record["severity"], record["status_impact"]) for record in real}
    assert {(record["severity"], record["status_impact"]) for record in made} <= pairs


@pytest.mark.real
def test_the_servicenow_log_has_the_header_and_forms_of_the_real_one(
    real_exports: Path, clean: Exported
) -> None:
    path = real_exports / "servicenow" / "incident_event_log.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        real = list(islice(csv.DictReader(file), 20_000))
    made = clean.rows("servicenow", "*.csv")
    assert made
    assert tuple(real[0]) == servicenow.HEADER
    # Names of groups, kinds and items are each company's own.
    for name in set(servicenow.HEADER) - {"category", "cmdb_ci", "problem_id", "contact_type"}:
        forms = {re.sub(r"\d+", "9", row[name]) for row in real} | {"?"}
        # The real log holds no cancelled incident, and shortened its vendors' names.
        forms |= {"Canceled"} if name == "incident_state" else set()
        if name != "vendor":
            assert {re.sub(r"\d+", "9", row[name]) for row in made} <= forms, name


@pytest.mark.real
def test_the_connectors_tables_have_the_columns_of_real_ones(real_exports: Path) -> None:
    for table, header in (
        ("incident", servicenow_tables.INCIDENT_HEADER),
        ("change_request", servicenow_tables.CHANGE_HEADER),
    ):
        path = real_exports / "servicenow_tables" / f"servicenow_fivetran_{table}.csv"
        real = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert list(header[: len(real)]) == real


def test_records_have_the_fields_their_vendors_document(clean: Exported) -> None:
    incidents = clean.records("pagerduty", "incidents")
    open_or_noise = {"resolved_at", "priority"}
    for record in incidents:
        assert set(PAGERDUTY_INCIDENT) - open_or_noise <= set(record)
        assert ("resolved_at" in record) == (record["status"] == "resolved")
    assert any(open_or_noise <= set(record) for record in incidents)
    entries = clean.records("pagerduty", "log_entries")
    assert entries
    for entry in entries:
        lacks = {"agent"} if entry["type"] == "notify_log_entry" else set()
        assert set(PAGERDUTY_LOG_ENTRY) - lacks <= set(entry)
        if entry["type"] == "notify_log_entry":
            assert set(entry["channel"]["notification"]) == {"type", "address", "status"}
    assert {tuple(r) for r in clean.records("pagerduty", "oncalls")} == {tuple(PAGERDUTY_ONCALL)}

    own = clean.records("statuspage", "incidents")
    vendors = clean.records("vendor_statuspage", "incidents")
    assert own
    assert vendors
    assert all(set(STATUSPAGE_INCIDENT) == set(record) for record in vendors)
    assert all(set(STATUSPAGE_INCIDENT + STATUSPAGE_MANAGED) <= set(record) for record in own)
    updates = [update for record in own + vendors for update in record["incident_updates"]]
    assert {frozenset(update) for update in updates} == {frozenset(STATUSPAGE_UPDATE)}
    google = json.loads((clean.folder / "google_cloud_status" / "incidents.json").read_text())
    assert all(set(record) | {"end"} == set(GOOGLE_INCIDENT) for record in google)


def test_status_pages_write_milliseconds_and_the_offset_of_their_zone(clean: Exported) -> None:
    moments = [record["created_at"] for record in clean.records("statuspage", "incidents")]
    # The history crosses the end of daylight saving.
    assert {moment[19:] for moment in moments} == {".000-07:00", ".000-08:00"}


def test_updates_lie_newest_first_and_end_as_their_incident_stands(clean: Exported) -> None:
    for record in clean.records("statuspage", "incidents"):
        posted = [datetime.fromisoformat(u["created_at"]) for u in record["incident_updates"]]
        assert posted == sorted(posted, reverse=True)
        assert record["incident_updates"][0]["status"] == record["status"]


# --- What the records say ----------------------------------------------------------------------


def test_every_page_is_one_notification_per_channel_at_its_step(clean: Exported) -> None:
    people = {person.person_id: person for person in clean.truth.people}
    incidents = clean.records("pagerduty", "incidents")
    logs: dict[str, list[dict]] = defaultdict(list)
    for record in incidents:
        logs[record["id"]] += record.get("log_entries", [])
    for entry in clean.records("pagerduty", "log_entries"):
        logs[entry["incident"]["id"]].append(entry)
    found = Counter()
    for entries in logs.values():
        steps = sorted(e["created_at"] for e in entries if e["type"] == "escalate_log_entry")
        for entry in entries:
            if entry["type"] != "notify_log_entry":
                continue
            channel = entry["channel"]["notification"]["type"]
            if channel != "email":
                step = 1 + sum(moment <= entry["created_at"] for moment in steps)
                found[entry["service"]["summary"], entry["user"]["id"], step, channel] += 1
    titles = {service.service_id: service.title for service in clean.truth.services}
    assert found == Counter(
        (titles[page.service_id], people[page.person_id].pagerduty_id, page.level, channel)
        for page in clean.truth.pages
        for channel in page.channels
    )


def test_a_post_names_the_record_that_leads(clean: Exported) -> None:
    posts = [r for r in clean.records("statuspage", "incidents") if r["impact"] != "maintenance"]
    named = Counter(key for post in posts for key in post["metadata"])
    led = Counter(
        known.recorded_in[0] for known in clean.truth.incidents if "statuspage" in known.recorded_in
    )
    assert named == led
    cases = {record["id"] for record in clean.records("pagerduty", "incidents")}
    numbers = {row["number"] for row in clean.rows("servicenow", "*.csv")}
    for post in posts:
        for system, reference in post["metadata"].items():
            known = cases if system == "pagerduty" else numbers
            assert set(reference.values()) <= known


def newest_incidents(company: Exported) -> dict[str, dict[str, Any]]:
    """The newest state of each PagerDuty incident, with instants read and dates nobody has gone."""
    newest: dict[str, tuple] = {}
    for record in company.records("pagerduty", "incidents"):
        if not record["id"] or "02-30" in record["created_at"] or record["status"] == "suppressed":
            continue
        version = datetime.fromisoformat(record["last_status_change_at"])
        if record["id"] not in newest or version >= newest[record["id"]][0]:
            newest[record["id"]] = (version, record)
    return {
        its_id: {
            "status": record["status"],
            "service": record["service"]["id"],
            "priority": record.get("priority"),
            "reason": record["resolve_reason"],
            "opened": datetime.fromisoformat(record["created_at"]),
            "resolved": record.get("resolved_at") and datetime.fromisoformat(record["resolved_at"]),
        }
        for its_id, (_, record) in newest.items()
    }


def test_dirt_changes_what_it_says_and_nothing_else(clean: Exported, dirty: Exported) -> None:
    before, after = newest_incidents(clean), newest_incidents(dirty)
    of_kind = defaultdict(set)
    for piece in dirty.dirt:
        if piece.system == "pagerduty":
            of_kind[piece.kind].add(piece.record_id)
    assert set(after) - set(before) == of_kind["merged"]
    assert set(before) <= set(after)
    changed = {
        its_id
        for its_id, record in before.items()
        if {**record, "reason": None} != {**after[its_id], "reason": None}
    }
    assert changed == {its_id for kind in MEANINGFUL for its_id in of_kind[kind]}
    assert all(after[its_id]["resolved"] is None for its_id in of_kind["never_closed"])
    for its_id in of_kind["impossible_duration"]:
        assert after[its_id]["resolved"] < after[its_id]["opened"]
        assert after[its_id]["resolved"].date() == after[its_id]["opened"].date()
    for its_id in of_kind["unknown_service"]:
        assert after[its_id]["service"] not in {record["service"] for record in before.values()}


@pytest.mark.parametrize("seed", [7, 11])
def test_what_dirt_means_hits_severe_incidents_too_and_no_incident_twice(seed: int) -> None:
    truth, draws = lived(services=24, days=460, is_dirty=True, seed=seed)
    severities = {known.incident_id: known.severity for known in truth.incidents}
    chosen = dataclasses.asdict(misrecorded(truth, draws))
    assert all(len(incidents) >= 3 for incidents in chosen.values()), chosen
    for kind, incidents in chosen.items():
        assert min(severities[incident_id] for incident_id in incidents) <= 1, kind
        assert max(severities[incident_id] for incident_id in incidents) >= 2, kind
    everything = [incident_id for incidents in chosen.values() for incident_id in incidents]
    assert len(everything) == len(set(everything))
    assert misrecorded(*lived(services=24, days=460, seed=seed)) == Misrecorded()


def test_an_unknown_service_is_named_nowhere_else(dirty: Exported) -> None:
    names = {service.title.lower() for service in dirty.truth.services}
    for piece in dirty.dirt:
        if piece.kind == "unknown_service":
            assert piece.recorded_service not in names
            incident = next(
                known for known in dirty.truth.incidents if known.incident_id == piece.incident_id
            )
            assert incident.recorded_in == ("pagerduty",)


def test_a_second_vendor_names_the_first_and_says_nothing_sooner(dirty: Exported) -> None:
    incidents = {known.incident_id: known for known in dirty.truth.incidents}
    tasks = {row["sys_id"]: row for row in dirty.rows("servicenow_tables", "task.csv")}
    log = dirty.rows("servicenow", "incident_event_log_references.csv")
    pieces = [piece for piece in dirty.dirt if piece.kind == "two_vendors"]
    assert {piece.system for piece in pieces} == {"servicenow", "servicenow_tables"}
    for piece in pieces:
        incident = incidents[piece.incident_id]
        if piece.system == "servicenow":
            row = next(row for row in log if row["number"] == piece.record_id)
            opened_at = datetime.strptime(row["opened_at"], "%d/%m/%Y %H:%M")
        else:
            row = tasks[piece.record_id]
            opened_at = datetime.strptime(row["opened_at"], "%Y-%m-%d %H:%M:%S")
        assert row["correlation_display"] == "PagerDuty"
        assert row["correlation_id"] == pagerduty_incident(dirty.draws, piece.incident_id)
        late = opened_at - incident.opened_at
        assert timedelta(0) <= late < timedelta(minutes=1)
        assert int(row["priority"][0]) >= incident.severity


# --- Landing, and the same bytes ---------------------------------------------------------------


def rejected(company: Exported, folder: Path) -> Counter[str]:
    """Land a company; return how many rows of each file were rejected."""
    with environment(**Company(folder).variables):
        result = land(company.folder)
    assert result.exit_status == 0, result
    assert not [str(outcome) for outcome in result.files if outcome.status != "landed"]
    return Counter({o.source_file: o.rejected_count for o in result.files if o.rejected_count})


def test_a_clean_company_has_no_dirt_and_lands_whole(clean: Exported, tmp_path: Path) -> None:
    assert clean.dirt == []
    assert rejected(clean, tmp_path) == Counter()


def test_a_dirty_company_lands_but_for_the_rows_that_break_their_contract(
    dirty: Exported, tmp_path: Path
) -> None:
    told = Counter(
        f"{piece.system}/{piece.detail}" for piece in dirty.dirt if piece.kind == "rejected_row"
    )
    assert {file.split("/")[0] for file in told} == {exporter.SYSTEM for exporter in EXPORTERS}
    assert rejected(dirty, tmp_path) == told


def test_the_same_arguments_write_the_same_bytes(dirty: Exported, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"},
    )
    assert digests(tmp_path) == digests(dirty.folder)


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert files
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
