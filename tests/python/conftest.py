"""Fixtures of all tests: one sample company built once, and the real exports where they are."""

import os
from pathlib import Path

import pytest

from nines.warehouse import ROOT
from support import SAMPLE_EXPORTS, Company, environment


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
def real_exports() -> Path:
    """The folder of real exports, or a skip that says where it was looked for."""
    folder = Path(
        os.environ.get("NINES_REAL_EXPORTS") or ROOT / ".." / "shared" / "data" / "exports"
    )
    if not folder.is_dir():
        pytest.skip(f"no real exports at {folder} (set NINES_REAL_EXPORTS)")
    return folder.resolve()
