"""Takes simulated companies through the whole pipeline, each in a warehouse of its own."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from nines.building import build
from nines.landing import land
from nines.simulation import simulate
from support import Company, environment

START = date(2025, 7, 1)


@dataclass(frozen=True)
class SimulatedCompany(Company):
    """A simulated company, landed and built, and what failed on the way."""

    failures: tuple[str, ...] = ()
    target: Path | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The environment of every command; a target that was used before saves dbt some time."""
        given = super().variables
        return given if self.target is None else {**given, "DBT_TARGET_PATH": str(self.target)}

    @property
    def exports(self) -> Path:
        """The folder of its exports."""
        return self.folder / "company" / "exports"

    @property
    def truth(self) -> Path:
        """The folder of its truth."""
        return self.folder / "company" / "truth"


def simulated(
    folder: Path,
    *,
    seed: int,
    services: int,
    days: int,
    is_dirty: bool,
    start: date = START,
    target: Path | None = None,
) -> SimulatedCompany:
    """Simulate a company, land its exports, and build with every data test."""
    company = SimulatedCompany(folder, target=target)
    simulate(
        folder / "company", seed=seed, services=services, start=start, days=days, dirty=is_dirty
    )
    with environment(**company.variables):
        landing = land(company.exports)
        # Models first, so that a failing test leaves none unbuilt. Unit tests bring their own rows.
        builds = [
            build(command="seed"),
            build(command="run"),
            build(command="test", select="test_type:data"),
        ]
    refused = [str(file) for file in landing.files if file.status in ("refused", "unknown")]
    failed = [
        f"{node.unique_id}: {node.status}: {node.message}"
        for built in builds
        for node in built.failures
    ]
    return replace(company, failures=tuple(refused + failed))
