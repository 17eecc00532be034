"""Takes simulated companies through the whole pipeline, each in a warehouse of its own."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nines.building import build
from nines.landing import land
from nines.simulation import simulate
from support import Company, environment

START = date(2025, 7, 1)
# The models, what they read, and the tests of the rows; unit tests see no rows of a company.
BUILT = "resource_type:seed resource_type:model test_type:data"


@dataclass(frozen=True)
class SimulatedCompany(Company):
    """A simulated company: its exports, its truth, and the warehouse built from them."""

    @property
    def exports(self) -> Path:
        """The folder of its exports."""
        return self.folder / "company" / "exports"

    @property
    def truth(self) -> Path:
        """The folder of its truth."""
        return self.folder / "company" / "truth"


def simulated(
    folder: Path, *, seed: int, services: int, days: int, is_dirty: bool
) -> SimulatedCompany:
    """Simulate a company, land its exports and build; every data test has passed."""
    company = SimulatedCompany(folder)
    simulate(
        folder / "company", seed=seed, services=services, start=START, days=days, scale=1,
        dirty=is_dirty, force=False,
    )  # fmt: skip
    with environment(**company.variables):
        landing = land(company.exports)
        assert landing.exit_status == 0, "\n".join(map(str, landing.files))
        built = build(select=BUILT)
    assert not built.failures, "\n".join(
        f"{node.unique_id}: {node.message}" for node in built.failures
    )
    return company
