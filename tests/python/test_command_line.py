"""The command line from end to end, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import SAMPLE_EXPORTS, Company


def nines(company: Company, *arguments: str) -> subprocess.CompletedProcess[str]:
    # From another folder on purpose: nothing may depend on where a command is run.
    return subprocess.run(
        [sys.executable, "-m", "nines", *arguments],
        cwd=company.folder,
        env={**os.environ, **company.variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def second_run(sample_company: Company) -> subprocess.CompletedProcess[str]:
    """`nines run` on exports that have landed already."""
    return nines(sample_company, "run", str(SAMPLE_EXPORTS))


def test_a_second_run_lands_nothing_and_ends_with_the_path_of_the_review(
    second_run: subprocess.CompletedProcess[str],
) -> None:
    assert second_run.returncode == 0, second_run.stdout + second_run.stderr
    assert "Files: 0 landed" in second_run.stdout
    review = Path(second_run.stdout.splitlines()[-1])
    assert review.is_file()
    assert review.parts[-2:] == ("2026Q3", "rbr.html")


def test_each_step_is_told_in_plain_lines(second_run: subprocess.CompletedProcess[str]) -> None:
    steps = [line for line in second_run.stdout.splitlines() if line[:3].endswith("/6")]
    assert [line[:3] for line in steps] == [f"{place}/6" for place in range(1, 7)]
    assert "\x1b" not in second_run.stdout
    assert second_run.stderr == ""


def test_what_is_published_says_what_it_was_built_from(
    sample_company: Company, second_run: subprocess.CompletedProcess[str]
) -> None:
    current = sample_company.folder / "published" / "current"
    manifest = json.loads((current / "manifest.json").read_text())
    assert manifest["as_of"].startswith("2026-10-02")
    assert manifest["kpi_value_count"] > 0
    assert not any(one["mart"].startswith("restricted.") for one in manifest["marts"])


def test_status_tells_what_landed_what_was_rejected_and_what_is_published(
    sample_company: Company, second_run: subprocess.CompletedProcess[str]
) -> None:
    told = nines(sample_company, "status")
    assert told.returncode == 0, told.stderr
    version = (sample_company.folder / "published" / "current").resolve().name
    for said in ("pagerduty: ", "1 row rejected", "newest event", version):
        assert said in told.stdout


def test_the_exit_status_and_one_line_tell_what_a_command_missed(tmp_path: Path) -> None:
    company = Company(tmp_path)
    missing = nines(company, "land", "no such folder")
    assert missing.returncode != 0
    assert "no such folder" in missing.stderr
    unpublished = nines(company, "review")
    assert unpublished.returncode == 1
    assert "Traceback" not in missing.stderr + unpublished.stderr
    assert nines(company, "status").returncode == 0
    assert nines(company, "no-such-command").returncode == 2


@pytest.mark.parametrize(
    "command", ["land", "check", "build", "publish", "review", "run", "status", "lake"]
)
def test_the_help_of_every_command_has_an_example(tmp_path: Path, command: str) -> None:
    told = nines(Company(tmp_path), command, "--help")
    assert told.returncode == 0
    assert f"nines {command}" in told.stdout
    assert "Example" in told.stdout


@pytest.mark.parametrize(
    ("option", "text", "shape"),
    [
        ("--period", "2026Q9", "2026Q3"),
        ("--as-of", "yesterday", "2026-07-01T00:00:00"),
        ("--known-at", "2026-02-30", "2026-07-01T00:00:00"),
    ],
)
def test_what_cannot_be_read_is_refused_before_any_work(
    sample_company: Company, option: str, text: str, shape: str
) -> None:
    done = nines(sample_company, "run", str(SAMPLE_EXPORTS), option, text)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"{text!r} is not ")
    assert shape in done.stderr
