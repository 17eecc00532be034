"""`nines simulate` as a user runs it: what it refuses, what it replaces, what it repeats."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from nines.cli import app
from nines.contracts import load_contracts
from nines.landing.files import find_files
from nines.warehouse import ROOT

SMALL = ("--services", "6", "--days", "40", "--dirty")


def simulate(out: Path, *arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ["simulate", str(out), *arguments])


def contents(folder: Path) -> dict[str, str]:
    """Return the digest of each text file below a folder, and of the rows of each Parquet file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            rows = duckdb.sql(f"select * from read_parquet('{path}') order by all").fetchall()
            content = repr(rows).encode()
        elif path.is_file():
            content = path.read_bytes()
        else:
            continue
        found[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small dirty company, written by the command. Nobody changes it."""
    out = tmp_path_factory.mktemp("a company")
    result = simulate(out, *SMALL)
    assert result.exit_code == 0, result.output
    return out


def test_what_was_written_is_told_in_one_line(tmp_path: Path) -> None:
    result = simulate(tmp_path / "new" / "deep", "--services", "1", "--days", "2")
    assert result.exit_code == 0
    assert result.stderr == ""
    (line,) = result.stdout.splitlines()
    assert line.startswith("Simulated 1 services over 2 days:")
    assert str(tmp_path / "new" / "deep" / "exports") in line
    assert {path.name for path in (tmp_path / "new" / "deep").iterdir()} == {"exports", "truth"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--services", "0"), "--services must be 1 or more"),
        (("--services", "-3"), "--services must be 1 or more"),
        (("--services", "100000"), "--services must be 2000 at most"),
        (("--days", "0"), "--days must be 1 or more"),
        (("--days", "-5"), "--days must be 1 or more"),
        (("--scale", "0"), "--scale must be 1 or more"),
        (("--start", "yesterday"), "'yesterday' is not a day"),
        (("--start", "2025-02-30"), "'2025-02-30' is not a day"),
        (("--start", "1969-07-20"), "--start 1969-07-20"),
        (("--days", "99999999"), "--days 99999999"),
    ],
)
def test_arguments_without_sense_are_refused_in_one_line(
    arguments: tuple[str, ...], named: str, tmp_path: Path
) -> None:
    result = simulate(tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert named in line
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_is_none_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    result = simulate(tmp_path / "out", "--services", "many")
    assert result.exit_code == 2
    assert "--services" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [(), ("--force",)])
def test_a_file_is_no_place_for_a_company(arguments: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    for out in (file, file / "below"):
        result = simulate(out, *SMALL, *arguments)
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert f"{file} is a file" in line
    assert file.read_text() == "mine"


@pytest.mark.parametrize("arguments", [(), ("--force",)])
def test_a_folder_of_somebody_elses_is_left_alone(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    for name in ("exports/jira/issues.jsonl", "truth/beauty.txt", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    before = contents(tmp_path)
    result = simulate(tmp_path, *SMALL, *arguments)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert str(tmp_path) in line
    assert contents(tmp_path) == before


def test_an_earlier_simulation_is_replaced_by_force_only(tmp_path: Path) -> None:
    first = ("--services", "1", "--days", "2", "--dirty")
    assert simulate(tmp_path, *first).exit_code == 0
    before = contents(tmp_path)
    refused = simulate(tmp_path, "--services", "1", "--days", "3")
    assert refused.exit_code == 2
    (line,) = refused.stderr.splitlines()
    assert "--force" in line
    assert contents(tmp_path) == before

    assert simulate(tmp_path, "--services", "1", "--days", "3", "--force").exit_code == 0
    assert contents(tmp_path).keys() != before.keys(), "fewer files: no dirt in them"


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "exports/jira/issues.jsonl",
        "exports/pagerduty/my_incidents.json",
        "truth/thesis.tex",
    ],
)
def test_force_refuses_to_take_what_somebody_put_beside_a_simulation(
    name: str, tmp_path: Path
) -> None:
    assert simulate(tmp_path, "--services", "1", "--days", "2").exit_code == 0
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    before = contents(tmp_path)
    result = simulate(tmp_path, "--services", "1", "--days", "3", "--force")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert name in line
    assert contents(tmp_path) == before


def test_force_follows_no_link_out_of_the_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    out = tmp_path / "out"
    assert simulate(out, "--services", "1", "--days", "2").exit_code == 0
    (out / "exports").rename(elsewhere)
    (out / "exports").symlink_to(elsewhere)
    before = contents(elsewhere)
    result = simulate(out, "--services", "1", "--days", "3", "--force")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert contents(elsewhere) == before


def test_force_leaves_a_simulation_alone_that_did_not_come_to_its_end(tmp_path: Path) -> None:
    assert simulate(tmp_path, "--services", "1", "--days", "2").exit_code == 0
    (tmp_path / "truth" / "files.txt").unlink()
    before = contents(tmp_path)
    result = simulate(tmp_path, "--services", "1", "--days", "2", "--force")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "Remove it yourself" in line
    assert contents(tmp_path) == before


def test_every_contract_is_fed(tmp_path: Path) -> None:
    """A contract that is added needs its exporter; a file no contract knows needs a contract."""
    assert simulate(tmp_path, "--services", "21", "--days", "100").exit_code == 0
    contracts = load_contracts(ROOT)
    found = find_files(tmp_path / "exports", contracts)
    assert (found.unknown, found.refused) == ([], [])
    fed = {contract.table for file in found.files for contract in file.contracts}
    assert fed == {contract.table for contract in contracts}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_others(
    company: Path, tmp_path: Path
) -> None:
    assert simulate(tmp_path / "again", *SMALL).exit_code == 0
    assert simulate(tmp_path / "other", *SMALL, "--seed", "8").exit_code == 0
    first = contents(company)
    assert len(first) > 50
    assert contents(tmp_path / "again") == first
    other = contents(tmp_path / "other")
    for name in ("truth/deployments.jsonl", "truth/incidents.jsonl", "truth/pages.jsonl"):
        assert other[name] != first[name]


def test_dirt_changes_the_exports_and_not_the_truth(company: Path, tmp_path: Path) -> None:
    clean = [argument for argument in SMALL if argument != "--dirty"]
    assert simulate(tmp_path, *clean).exit_code == 0
    dirty_files, clean_files = contents(company), contents(tmp_path)
    told = {name for name in dirty_files if name.startswith("truth/")}
    assert {name for name in told if dirty_files[name] != clean_files[name]} == {
        "truth/dirt.jsonl",
        "truth/files.txt",
        "truth/scenario.json",
    }
    assert clean_files["truth/dirt.jsonl"] == hashlib.sha256(b"").hexdigest()


def test_no_setting_of_the_machine_shows_in_the_bytes(company: Path, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere"
    finished = subprocess.run(
        [sys.executable, "-m", "nines", "simulate", str(out), *SMALL],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONHASHSEED": "4711",
            "TZ": "Pacific/Chatham",
            "LC_ALL": "C",
            "LANG": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    assert contents(out) == contents(company)
