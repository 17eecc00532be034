"""Fixtures of all tests: one sample company built once, and the real exports where they are."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nines.warehouse import ROOT
from support import SAMPLE_EXPORTS, Company, environment

if TYPE_CHECKING:
    from oracle.running import SimulatedCompany


@pytest.fixture(scope="session")
def sample_company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The sample exports, landed and built whole: every data test and unit test has passed."""
    from nines.building import build
    from nines.landing import land

    # The mutation check brings a company that a changed model built.
    if built_already := os.environ.get("NINES_SAMPLE_COMPANY"):
        return Company(Path(built_already))
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
def simulated_company(tmp_path_factory: pytest.TempPathFactory) -> "SimulatedCompany":
    """A dirty simulated company with all that its story has, landed and built; read it only."""
    from oracle.running import simulated

    company = simulated(
        tmp_path_factory.mktemp("simulated company"), seed=7, services=12, days=400, is_dirty=True
    )
    assert not company.failures, "\n".join(company.failures)
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
