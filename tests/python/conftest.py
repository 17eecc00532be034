"""What several test modules share: where exports lie, and one sample company built once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from nines.warehouse import ROOT

SAMPLE_EXPORTS = ROOT / "tests" / "sample_exports"


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables for a while, and put the old ones back."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True)
class Company:
    """One warehouse of its own and all that a run makes beside it."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment that sends every command to this company's folders."""
        return {
            "NINES_WAREHOUSE": str(self.folder / "nines.duckdb"),
            "NINES_PUBLISHED": str(self.folder / "published"),
            "NINES_REPORTS": str(self.folder / "reports"),
            "NINES_LAKE": str(self.folder / "lake"),
            "NINES_SPARK_WAREHOUSE": str(self.folder / "spark"),
            "NINES_SALT": "a salt for tests only",
            "DBT_TARGET_PATH": str(self.folder / "target"),
        }

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.folder / "nines.duckdb"


@pytest.fixture(scope="session")
def sample_company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The sample exports, landed and built whole: every data test and unit test has passed."""
    from nines.building import build
    from nines.landing import land

    company = Company(tmp_path_factory.mktemp("sample company"))
    with environment(**company.variables):
        landing = land(SAMPLE_EXPORTS)
        assert landing.exit_status == 0, landing
        built = build()
    assert not built.failures, "\n".join(
        f"{node.unique_id}: {node.message}" for node in built.failures
    )
    return company


@pytest.fixture(scope="session")
def real_exports() -> Path:
    """The folder of real exports, or a skip that says where it was looked for."""
    folder = Path(
        os.environ.get("NINES_REAL_EXPORTS") or ROOT / ".." / "shared" / "data" / "exports"
    )
    if not folder.is_dir():
        pytest.skip(f"no real exports at {folder} (set NINES_REAL_EXPORTS)")
    return folder.resolve()
