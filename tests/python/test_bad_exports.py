"""What the command line says and does with each kind of bad export."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from nines.cli import app
from nines.warehouse import connect
from support import Company, environment

GOOD = {
    "id": "PGOOD",
    "status": "triggered",
    "urgency": "high",
    "created_at": "2026-07-01T10:00:00Z",
    "updated_at": "2026-07-01T10:00:00Z",
    "service": {"id": "PSVC001", "summary": "Checkout"},
}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    (tmp_path / "exports" / "pagerduty").mkdir(parents=True)
    return Company(tmp_path)


def write(company: Company, name: str, content: str | bytes) -> Path:
    path = company.folder / "exports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def lines(*records: dict[str, Any]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def land(company: Company, *options: str) -> Result:
    with environment(**company.variables):
        told = CliRunner().invoke(app, ["land", str(company.folder / "exports"), *options])
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told


def query(company: Company, question: str) -> Sequence[tuple[Any, ...]]:
    with environment(**company.variables), connect(read_only=True) as warehouse:
        return warehouse.sql(question).fetchall()


def incidents(company: Company) -> list[str]:
    return [row[0] for row in query(company, "select id from raw.pagerduty_incidents order by id")]


def test_a_folder_or_file_without_a_contract_is_listed_and_left_alone(company: Company) -> None:
    write(company, "zabbix/alerts.json", "[]")
    write(company, "pagerduty/notes.txt", "hello")
    write(company, "pagerduty/incidents.jsonl", lines(GOOD))
    told = land(company)
    assert told.exit_code == 0, told.output
    assert "zabbix" in told.output
    assert "notes.txt" in told.output
    assert incidents(company) == ["PGOOD"]
    assert land(company, "--strict").exit_code == 1


def truncated_gzip() -> bytes:
    return gzip.compress(lines(*({**GOOD, "id": f"P{i}"} for i in range(2000))).encode())[:-400]


BROKEN: dict[str, tuple[str, Callable[[], str | bytes]]] = {
    "truncated gzip": ("pagerduty/incidents_b.jsonl.gz", truncated_gzip),
    "invalid JSON": ("pagerduty/incidents_b.jsonl", lambda: lines(GOOD) + '{"id": "P2", \n'),
    "cut document": ("pagerduty/incidents_b.json", lambda: '{"incidents": [{"id": "P2"}'),
    "ragged CSV": (
        "gitops/image_changes_b.csv",
        lambda: "commit_sha,merged_at,environment,application,change\nabc,2026-07-01,a\n",
    ),
    "wrong encoding": (
        "gitops/image_changes_b.csv",
        lambda: (
            b"commit_sha,merged_at,environment,application,change\n"
            b"abc,2026-07-01T00:00:00Z,production,caf\xe9,modified\n"
        ),
    ),
    "zero bytes": ("pagerduty/incidents_b.json", lambda: b""),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_cannot_be_read_is_refused_and_the_others_land(
    company: Company, kind: str
) -> None:
    name, content = BROKEN[kind]
    write(company, name, content())
    write(company, "pagerduty/incidents_z.jsonl", lines(GOOD))
    told = land(company)
    assert told.exit_code == 1, told.output
    assert Path(name).name in told.output
    assert "Traceback" not in told.output
    assert incidents(company) == ["PGOOD"]
    refused = query(
        company, "select distinct source_file from raw._landings where status = 'refused'"
    )
    assert refused == [(name,)]


def test_a_bad_cell_rejects_its_row_with_a_reason(company: Company) -> None:
    late = {**GOOD, "id": "PBAD", "created_at": "yesterday"}
    nameless = {key: value for key, value in GOOD.items() if key != "id"}
    write(company, "pagerduty/incidents.jsonl", lines(GOOD, late, nameless))
    told = land(company)
    assert told.exit_code == 0, told.output
    assert "2" in told.output and "reject" in told.output
    assert incidents(company) == ["PGOOD"]
    rejected = query(
        company,
        "select source_row, column_name, original from raw._rejected_rows order by source_row",
    )
    assert [(row, column) for row, column, _ in rejected] == [(2, "created_at"), (3, "id")]
    assert json.loads(rejected[0][2])["created_at"] == "yesterday"


def test_the_same_file_renamed_changes_nothing(company: Company) -> None:
    path = write(company, "pagerduty/incidents.jsonl", lines(GOOD))
    land(company)
    path.rename(path.with_name("incidents_copy.jsonl"))
    told = land(company)
    assert told.exit_code == 0
    assert "already" in told.output
    assert incidents(company) == ["PGOOD"]


def test_a_grown_file_lands_its_new_rows_once(company: Company) -> None:
    write(company, "pagerduty/incidents.jsonl", lines(GOOD))
    land(company)
    write(company, "pagerduty/incidents.jsonl", lines(GOOD, {**GOOD, "id": "PNEW"}))
    land(company)
    assert incidents(company) == ["PGOOD", "PNEW"]


@pytest.mark.parametrize("content", ["[]", '{"incidents": []}'])
def test_an_empty_list_lands_as_zero_rows(company: Company, content: str) -> None:
    write(company, "pagerduty/incidents.json", content)
    told = land(company)
    assert told.exit_code == 0, told.output
    assert incidents(company) == []
    assert query(company, "select distinct status from raw._landings") == [("landed",)]


def test_a_renamed_column_is_refused_with_what_was_found_and_what_to_edit(
    company: Company,
) -> None:
    write(
        company,
        "gitops/image_changes.csv",
        "commit,merged_at,environment,application,change,old_image_tag,new_image_tag\n"
        "abc,2026-07-01T00:00:00Z,production,checkout,modified,v1,v2\n",
    )
    told = land(company)
    assert told.exit_code == 1
    for said in ("commit_sha", "commit,", "models/staging/gitops/_gitops__sources.yml"):
        assert said.strip(",") in told.output


def test_export_text_never_reaches_the_terminal_as_markup(company: Company) -> None:
    write(company, "pagerduty/incidents[bold]x.txt", "hello")
    assert "incidents[bold]x.txt" in land(company).output
