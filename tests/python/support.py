"""What test modules share: where sample exports lie, and warehouses that keep to themselves."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
